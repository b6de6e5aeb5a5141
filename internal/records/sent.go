package records

import (
	"strings"

	"outreach/internal/people"
)

// The names in a record's private texts of what an adviser gave to name its person. No field has such a name.
const (
	sentFirstName = "person.first_name"
	sentLastName  = "person.last_name"
	sentEmail     = "person.email"
	sentPesel     = "person.pesel"
	sentFurther   = "person.key." // and the kind of key
)

// keepSent adds to private texts what an adviser gave to name a person.
func keepSent(private map[string]string, sent people.PersonView) {
	for name, value := range map[string]string{sentFirstName: sent.FirstName, sentLastName: sent.LastName, sentEmail: sent.Email, sentPesel: sent.Pesel} {
		if value != "" {
			private[name] = value
		}
	}
	for kind, value := range sent.Further.All() {
		private[sentFurther+kind] = value
	}
}

// Sent returns, from a record's private texts, what its adviser gave to name the person with an id.
func Sent(id string, private map[string]string) people.PersonView {
	v := people.PersonView{ID: id, FirstName: private[sentFirstName], LastName: private[sentLastName], Email: private[sentEmail], Pesel: private[sentPesel]}
	for name, value := range private {
		if kind, further := strings.CutPrefix(name, sentFurther); further {
			v.Further = v.Further.With(kind, value)
		}
	}
	return v
}
