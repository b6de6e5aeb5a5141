package page

import (
	"encoding/xml"
	"strings"
	"testing"

	"outreach/internal/project"
)

func TestEverySignHasAnSVG(t *testing.T) {
	for _, name := range project.Signs {
		svg := string(view{}.Sign(name))
		if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil || !strings.HasPrefix(svg, "<svg ") {
			t.Errorf("%s is %q: %v", name, svg, err)
		}
	}
	if stars := strings.Count(string(view{}.Sign("eu")), "M") - 1; stars != 12 {
		t.Errorf("the emblem of the European Union has %d stars", stars)
	}
	if svg := (view{}).Sign("another"); svg != "" {
		t.Errorf("an unknown sign is %q", svg)
	}
}
