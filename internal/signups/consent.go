package signups

// ConsentVersion is the day since which the public form has its present words on the use of data. It is stored with
// every submission of the form, so that it can be shown later what a person agreed to. A change of the words needs a
// new day; earlier words are in the history of this repository.
const ConsentVersion = "2026-11-25"

// ConsentWords are the keys of the messages on the use of data that every form has, in the order of the form. What a
// definition says beside them is in its versions.
var ConsentWords = []string{"signup.data_who", "signup.data_use", "signup.data_keep", "signup.data_rights"}

// ConsentGiven is the key of the version among the identity values that are stored of a submission.
const ConsentGiven = "consent_version"

// Trap is the name of a hidden field of the form: people leave it empty, robots fill it in.
const Trap = "homepage"
