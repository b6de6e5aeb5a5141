package signups

// ConsentVersion is since when the public form says what it now says on the use of data: it is kept with every sending of
// the form, so that what somebody agreed to can be read later. Whoever changes the words gives them a new day; the earlier
// words are in the project's history under theirs.
const ConsentVersion = "2026-11-25"

// ConsentWords are the messages that make up what the form says on the use of data, in their order.
var ConsentWords = []string{"signup.data_who", "signup.data_use", "signup.data_keep", "signup.data_rights"}

// ConsentGiven is under which name the version is kept, beside what a sending of the form says of who it is.
const ConsentGiven = "consent_version"

// Trap is a field of the form that people do not see and leave empty; robots fill it in.
const Trap = "homepage"
