package main

import (
	"strings"
	"time"
)

// demoID is the project for trying the forms.
const demoID = "demo"

// demo is the definition of a project that is running now, with activities still to come.
func demo(now time.Time) []byte {
	day := func(days int) string { return now.AddDate(0, 0, days).Format(time.DateOnly) }
	return []byte(strings.NewReplacer(
		"{from}", day(-60), "{to}", day(300), "{soon}", day(14), "{later}", day(45), "{closes}", day(12), "{closes-later}", day(40),
	).Replace(`# A project for trying the forms: it is running now, and its activities are still to come.
id: demo
title: {pl: Akademia Sąsiedzka, en: Neighbourhood Academy}
programme: {pl: Fundusz Inicjatyw Lokalnych (przykład), en: Local Initiatives Fund (example)}
funding: {source: {pl: Fundusz Inicjatyw Lokalnych, en: Local Initiatives Fund}, value: 120000, currency: PLN, share_percent: 90}
period: {from: {from}, to: {to}}
time_zone: Europe/Warsaw
contact: {name: Stowarzyszenie Sąsiedzi (przykład), email: biuro@example.org, phone: 56 000 00 00, address: "ul. Lipowa 3, Przykładowo"}
marks:
  - {sign: eu, text: {pl: "Dofinansowane przez Unię Europejską (przykład)", en: "Co-funded by the European Union (example)"}}
  - {sign: poland, text: {pl: "Rzeczpospolita Polska", en: "Republic of Poland"}}
goal: {pl: Warsztaty i porady dla mieszkańców, którzy chcą działać razem, en: Workshops and advice for residents who want to act together}
region: {name: {pl: gmina Przykładowo, en: the commune of Przykładowo}, population: 48000}
target_group: 40
groups:
  - {id: resident, label: {pl: mieszkaniec lub mieszkanka, en: resident}}
  - {id: association, label: {pl: organizacja, en: association}}
age_bands: ["0-24", "25-54", "55+"]
activities:
  - {id: garden, kind: training, capacity: 12, place: "Dom Kultury, ul. Lipowa 3", starts: "{soon}", ends: "{soon}", closes: "{closes}", label: {pl: "Warsztat: ogród społeczny", en: "Workshop: a community garden"}}
  - {id: grants, kind: training, capacity: 20, place: "Biblioteka, ul. Szkolna 8", starts: "{later}", ends: "{later}", closes: "{closes-later}", label: {pl: "Warsztat: jak napisać wniosek", en: "Workshop: writing a grant application"}}
  - {id: advice, kind: advice, label: {pl: Porady dla organizacji, en: Advice for associations}}
output_kinds:
  - {id: guide, label: {pl: poradnik, en: guide}}
partners:
  - {id: town-radio, name: Radio Miejskie}
participants:
  - {of: attendance, where: 'outcome == "completed"'}
  - {of: consultation}
indicators:
  - {code: "1", unit: person, target: 30, count: people, of: attendance, where: 'outcome == "completed"', label: {pl: Osoby po warsztatach, en: People who completed a workshop}}
  - {code: "2", unit: minute, target: 3600, count: sum, field: minutes, of: consultation, label: {pl: Minuty porad, en: Minutes of advice}}
  - {code: "3", unit: person, target: 40, count: people, of: signup, where: 'state == "accepted"', label: {pl: Osoby zapisane, en: People signed up}}
  - {code: "4", unit: inhabitant, target: 15000, count: sum, field: reach, of: media, label: {pl: Zasięg w mediach, en: Reach in the media}}
  - {code: "5", unit: piece, target: 4, count: sum, field: quantity, of: output, label: {pl: Wydane poradniki, en: Guides published}}
reports: {funder: quarterly, language: pl}
`))
}
