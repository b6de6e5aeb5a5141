package page

import (
	"html/template"
	"math"
	"strconv"
	"strings"
	"sync"
)

// europe is the emblem of the European Union, 30 by 20: twelve stars in a circle of a third of the height, each standing on
// two points, each of a radius of an eighteenth of it.
var europe = sync.OnceValue(func() template.HTML {
	var stars strings.Builder
	at := func(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }
	for star := range 12 {
		turn := float64(star) * math.Pi / 6
		x, y := 15+20.0/3*math.Sin(turn), 10-20.0/3*math.Cos(turn)
		for point := range 5 { // drawn in one stroke, from each point to the one after the next
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

// poland is the colours of Poland, 30 by 20.
const poland template.HTML = `<path fill="#fff" d="M0 0h30v20H0z"/><path fill="#dc143c" d="M0 10h30v10H0z"/><path fill="none" stroke="#999" stroke-width=".5" d="M.25.25h29.5v19.5H.25z"/>`

// Sign draws one of the signs that a definition may name. It is an ornament of the words beside it.
func (view) Sign(name string) template.HTML {
	drawn := map[string]func() template.HTML{"eu": europe, "poland": func() template.HTML { return poland }}[name]
	if drawn == nil {
		return ""
	}
	return `<svg viewBox="0 0 30 20" width="54" height="36" aria-hidden="true">` + drawn() + `</svg>`
}
