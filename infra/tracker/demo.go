package main

import (
	_ "embed"
	"strings"
	"time"
)

// demoID is the project for trying the forms.
const demoID = "demo"

//go:embed demo.yaml
var demoText string

// demo returns the definition of a project that is running on a day, with activities in its future.
func demo(now time.Time) []byte {
	day := func(days int) string { return now.AddDate(0, 0, days).Format(time.DateOnly) }
	return []byte(strings.NewReplacer(
		"{from}", day(-60), "{to}", day(300), "{soon}", day(14), "{later}", day(45), "{closes}", day(12), "{closes-later}", day(40),
	).Replace(demoText))
}
