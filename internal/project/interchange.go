package project

// IATI is what a file of the International Aid Transparency Initiative says beside the figures.
type IATI struct {
	Organisation     string            `json:"organisation"`                // the reporting organisation's identifier, such as XM-DAC-41114
	OrganisationType string            `json:"organisation_type,omitempty"` // a code of the list OrganisationType; "": 90, other
	Name             Text              `json:"name"`                        // of the reporting organisation; empty: that of the contact or of an implementer
	Activity         string            `json:"activity,omitempty"`          // the activity's identifier; "": that of the organisation, a hyphen and the project's id
	Country          string            `json:"country,omitempty"`           // where it works, ISO 3166-1 alpha-2
	Sector           string            `json:"sector,omitempty"`            // a five-digit purpose code of the OECD DAC
	Results          map[string]string `json:"results,omitempty"`           // one of IATIResults by the code of the indicator; others are outputs
}

// IATIOrganisationTypes are the codes of the standard's list OrganisationType.
var IATIOrganisationTypes = []string{"10", "11", "15", "21", "22", "23", "24", "30", "40", "60", "70", "71", "72", "73", "80", "90"}

// IATIResults are the types of results that a definition may name.
var IATIResults = []string{"output", "outcome", "impact", "other"}

// DHIS2 is what a DHIS2 data value set is addressed to. Without it, the organisation unit is the project's id and each
// data element the code of an indicator.
type DHIS2 struct {
	OrgUnit      string                    `json:"org_unit,omitempty"`
	DataSet      string                    `json:"data_set,omitempty"`
	Period       string                    `json:"period,omitempty"`        // one of DHIS2Periods; "": DHIS2Month
	DataElements map[string]string         `json:"data_elements,omitempty"` // by the code of the indicator, or participants
	Breakdowns   map[string]DHIS2Breakdown `json:"breakdowns,omitempty"`    // by the same: sent in place of the total
}

// DHIS2Breakdown says which parts of a breakdown are sent, each with its category option combination.
type DHIS2Breakdown struct {
	By    string            `json:"by"`
	Parts map[string]string `json:"parts"`
}

// DHIS2Month is the period of a month.
const DHIS2Month = "month"

// DHIS2Periods are the lengths of the period that values are sent for.
var DHIS2Periods = []string{"day", DHIS2Month, "quarter", "year"}

// ParticipantsCode stands for the number of participants where indicators are named by their codes.
const ParticipantsCode = "participants"
