package page

import (
	"encoding/xml"
	"strings"
	"testing"

	"outreach/internal/project"
)

func TestEverySignIsDrawn(t *testing.T) {
	for _, name := range project.Signs {
		drawn := string(view{}.Sign(name))
		if err := xml.Unmarshal([]byte(drawn), new(struct{})); err != nil || !strings.HasPrefix(drawn, "<svg ") {
			t.Errorf("%s is %q: %v", name, drawn, err)
		}
	}
	if stars := strings.Count(string(view{}.Sign("eu")), "M") - 1; stars != 12 {
		t.Errorf("the emblem of the European Union has %d stars", stars)
	}
	if drawn := (view{}).Sign("another"); drawn != "" {
		t.Errorf("a sign that nobody can draw is %q", drawn)
	}
}
