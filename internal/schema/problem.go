package schema

import "outreach/internal/text"

// The codes of errors in a value or a file.
const (
	Missing       = "missing"
	NotADate      = "not_a_date"
	NotANumber    = "not_a_number"
	OutOfRange    = "out_of_range"
	NotInList     = "not_in_list"
	UnknownColumn = "unknown_column"
	MissingColumn = "missing_column"
	InTheFuture   = "in_the_future"
	TooLong       = "too_long"
	NotAllowed    = "not_allowed"
	TwoPeople     = "two_people"
	WhichPerson   = "which_person" // several people share the key
	TooManyRows   = "too_many_rows"
	Unreadable    = "unreadable"
	NoRows        = "no_rows"
	Quote         = "quote"
	Encoding      = "encoding"
	Conflicting   = "conflicting_rows"
	Formula       = "formula"
	Percent       = "percent"
	WrongFormat   = "wrong_format"
	UnknownField  = "unknown_field" // of JSON bodies
	Closed        = "closed"        // of the public sign-up form
)

// The codes of warnings, which do not reject a file.
const (
	OutsidePeriod = "outside_period"
	LargeReach    = "large_reach"
	Repeated      = "repeated"
	NewPerson     = "new_person"
	OtherYear     = "other_year"   // the year of birth contradicts the PESEL, or what is known of the person
	OtherPerson   = "other_person" // a sign-up that contradicts the person who has its key
	OtherName     = "other_name"   // the only person with the key has another first name
	ExampleRow    = "example_row"
	TotalRow      = "total_row"
	SkippedRows   = "skipped_rows"
	Skipped       = "skipped" // the source says that the row is none
	Summed        = "summed"  // the row was added to an earlier one, as the source says
	Guessed       = "guessed_encoding"
	Cleaned       = "cleaned"
	Unlikely      = "unlikely"
	OtherSheet    = "other_sheet"
	HiddenSheet   = "hidden_sheet"
	HiddenRows    = "hidden_rows"
	MergedCells   = "merged_cells"
)

// Problem is an error in one value. Package text has the messages.
type Problem = text.Problem
