// Package output is something the project made: a spot, a news item, a kit.
package output

import "outreach/internal/record"

// Kind is the table of an output's fields.
var Kind = record.Kind{Name: "output", Plural: "outputs", Fields: []record.Field{
	{Name: "date", Polish: "data", Type: record.Date, Required: true, Key: true},
	{Name: "kind", Polish: "rodzaj", Type: record.List, Required: true, Key: true, Options: record.OutputKinds},
	{Name: "quantity", Polish: "liczba", Type: record.Whole, Required: true, Min: 1, Max: 1_000_000_000},
	{Name: "title", Polish: "tytuł", Required: true, Key: true},
	{Name: "evidence", Polish: "dowód", Keep: record.Sealed, Longest: 2000},
}}
