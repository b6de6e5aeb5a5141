package schema_test

import (
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
)

var consultationScope = schema.Scope{Definition: &project.Definition{TimeZone: "Europe/Warsaw"}, Today: "2026-11-23", Loose: true}

func consultationGiven(changes schema.Given) schema.Given {
	out := schema.Given{"email": "a@example.org", "date": "2010-01-18", "field": "law", "minutes": "60", "form": "online"}
	for name, value := range changes {
		out[name] = value
	}
	return out
}

func TestMinutesAreLimited(t *testing.T) {
	t.Parallel()
	for minutes, right := range map[string]bool{"0": false, "1": true, "960": true, "961": false, "1.5": false, "": false} {
		if _, problems := schema.Builtin().Kind(schema.Consultation).Read(consultationGiven(schema.Given{"minutes": minutes}), consultationScope); right != (len(problems) == 0) {
			t.Errorf("%q minutes: %v", minutes, problems)
		}
	}
}

func TestConsultationOptionsAreAcceptedInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ field, spelling, want string }{
		{"field", "prawo", "law"}, {"field", "Księgowość", "accounting"}, {"field", "marketing", "marketing"}, {"field", "coaching", "coaching"},
		{"form", "osobiście", "in-person"}, {"form", "telefon", "phone"}, {"form", "zdalnie", "online"}, {"form", "In person", "in-person"},
	} {
		entry, problems := schema.Builtin().Kind(schema.Consultation).Read(consultationGiven(schema.Given{tt.field: tt.spelling}), consultationScope)
		if got := schema.Builtin().Kind(schema.Consultation).Get(entry.Row, tt.field); len(problems) > 0 || got != tt.want {
			t.Errorf("%s is %q, %v", tt.spelling, got, problems)
		}
	}
}

func TestAdviserIsAnEmailAddress(t *testing.T) {
	t.Parallel()
	entry, problems := schema.Builtin().Kind(schema.Consultation).Read(consultationGiven(schema.Given{"adviser": "Doradca@Example.org"}), consultationScope)
	if got := schema.Builtin().Kind(schema.Consultation).Get(entry.Row, "adviser"); len(problems) > 0 || got != "doradca@example.org" {
		t.Errorf("%q, %v", got, problems)
	}
	if _, problems := schema.Builtin().Kind(schema.Consultation).Read(consultationGiven(schema.Given{"adviser": "the doctor"}), consultationScope); len(problems) != 1 {
		t.Errorf("%v", problems)
	}
}
