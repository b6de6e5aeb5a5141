package page

import (
	"html/template"
	"math"
	"strconv"
	"strings"
	"sync"
)

// europe returns the emblem of the European Union, 30 by 20 units: twelve upright stars, each with a radius of 1/18 of
// the height, on a circle with a radius of a third of the height.
var europe = sync.OnceValue(func() template.HTML {
	var stars strings.Builder
	at := func(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }
	for star := range 12 {
		turn := float64(star) * math.Pi / 6
		x, y := 15+20.0/3*math.Sin(turn), 10-20.0/3*math.Cos(turn)
		for point := range 5 { // a path from each point to the next but one
			a := float64(point) * 4 * math.Pi / 5
			command := "L"
			if point == 0 {
				command = "M"
			}
			stars.WriteString(command + at(x+20.0/18*math.Sin(a)) + " " + at(y-20.0/18*math.Cos(a)))
		}
		stars.WriteString("z")
	}
	return template.HTML(`<path fill="#039" d="M0 0h30v20H0z"/><path fill="#fc0" d="` + stars.String() + `"/>`)
})

// poland is the flag of Poland, 30 by 20 units.
const poland template.HTML = `<path fill="#fff" d="M0 0h30v20H0z"/><path fill="#dc143c" d="M0 10h30v10H0z"/><path fill="none" stroke="#999" stroke-width=".5" d="M.25.25h29.5v19.5H.25z"/>`

// Sign returns the SVG of one of project.Signs, "" for another name. It is decorative: the text beside it says the
// same.
func (view) Sign(name string) template.HTML {
	svg := map[string]func() template.HTML{"eu": europe, "poland": func() template.HTML { return poland }}[name]
	if svg == nil {
		return ""
	}
	return `<svg viewBox="0 0 30 20" width="54" height="36" aria-hidden="true">` + svg() + `</svg>`
}
