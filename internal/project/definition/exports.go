package definition

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/register"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// The maximum number of exports, of columns of one, and of codes of a column.
const (
	mostExports       = 20
	mostExportColumns = 200
	mostCodes         = mostOptions + 2
)

// exports reads the lists of participants in other systems' forms.
func (o object) exports(d *project.Definition) []project.Export {
	var out []project.Export
	var fields []register.Column
	seen := map[string]int{}
	o.each("exports", mostExports, func(n *node, path string) {
		e, ok := o.object(n, path, "id", "label", "delimiter", "encoding", "columns")
		if !ok {
			return
		}
		if fields == nil {
			fields = register.Fields(d)
		}
		e.require("id", "columns")
		one := project.Export{
			ID: e.id("id"), Label: e.optionalText("label", longestName), Delimiter: e.oneOf("delimiter", slices.Sorted(maps.Keys(project.Delimiters))...),
			Encoding: e.oneOf("encoding", project.Encodings...),
		}
		e.once("id", one.ID, seen)
		headers := map[string]int{}
		e.each("columns", mostExportColumns, func(n *node, path string) {
			c, ok := e.object(n, path, "header", "field", "has", "value", "codes", "format")
			if !ok {
				return
			}
			c.require("header")
			column := c.exportColumn(d, fields)
			c.once("header", column.Header, headers)
			one.Columns = append(one.Columns, column)
		})
		if n := e.fields["columns"]; n != nil && n.shape == list && len(n.items) == 0 {
			e.report(n, e.at("columns"), missing, mustBeGiven("columns"))
		}
		out = append(out, one)
	})
	return out
}

func (o object) exportColumn(d *project.Definition, fields []register.Column) project.ExportColumn {
	out := project.ExportColumn{Header: o.string("header", longestName), Value: o.string("value", longestName)}
	if o.fields["value"] != nil {
		o.refuse("value", "field", "has", "codes", "format")
		return out
	}
	name, n, ok := o.value("field")
	if !ok {
		o.require("field")
		return out
	}
	at := slices.IndexFunc(fields, func(c register.Column) bool { return c.Name == name })
	if at < 0 {
		o.report(n, o.at("field"), notInList, noSuchExportField(name, nearestColumns(name, fields)))
		return out
	}
	out.Field = name
	field := fields[at]
	options := field.Options(d)
	if has := o.oneOf("has", options...); has != "" {
		if field.Field.Type != schema.Choices {
			o.report(o.fields["has"], o.at("has"), notAllowed, onlyOfTypes("has", name, []string{"choices"}))
		}
		out.Has, options = has, []string{"yes", "no"}
		if field.Field.Refusable {
			options = append(options, schema.Refused)
		}
	}
	out.Codes = o.codes(name, options)
	if out.Format = o.string("format", longestName); out.Format != "" {
		switch {
		case !field.Day:
			o.report(o.fields["format"], o.at("format"), notAllowed, formatOfDates(name))
		case !register.IsDayFormat(out.Format):
			o.report(o.fields["format"], o.at("format"), wrongForm, wantDayFormat(out.Format))
		}
	}
	return out
}

// codes reads the other system's words for the values of a field, and warns where one of a list has none.
func (o object) codes(field string, options []string) map[string]string {
	var out map[string]string
	known := append(slices.Clone(options), project.CodeMissing, project.CodeAny)
	o.entries("codes", mostCodes, func(e entry, path string) {
		switch {
		case !slices.Contains(known, e.key):
			o.reportAt(e.line, e.column, path, notInList, noSuchValue(field, e.key, known))
			return
		case e.value.shape != scalar:
			o.reportAt(e.line, e.column, path, wrongForm, wantValue)
			return
		}
		if out == nil {
			out = map[string]string{}
		}
		out[e.key] = o.checkText(schema.Clean(e.value.text), e.value, path, longestName)
	})
	without := slices.DeleteFunc(slices.Clone(options), func(id string) bool { _, has := out[id]; return has })
	if _, any := out[project.CodeAny]; out != nil && !any && len(without) > 0 {
		o.warn("codes", withoutCode(field, without))
	}
	return out
}

// mostProposed is how many fields a message proposes.
const mostProposed = 5

// nearestColumns returns the fields whose names are most like a name: those that share a part with it first.
func nearestColumns(name string, fields []register.Column) []string {
	pairs := func(text string) map[string]bool {
		out := map[string]bool{}
		for i := 0; i+2 <= len(text); i++ {
			out[strings.ToLower(text[i:i+2])] = true
		}
		return out
	}
	asked, likeness := pairs(name), map[string]float64{}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
		shared, theirs := 0, pairs(f.Name)
		for pair := range theirs {
			if asked[pair] {
				shared++
			}
		}
		likeness[f.Name] = 2 * float64(shared) / float64(len(theirs)+len(asked))
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(likeness[b], likeness[a]) })
	return names[:min(len(names), mostProposed)]
}

func noSuchExportField(name string, proposed []string) text.Message {
	return text.NewMessage("definition.error.no_such_export_field", "field", short(name), "list", proposed)
}

func formatOfDates(field string) text.Message {
	return text.NewMessage("definition.error.format_of_dates", "field", field)
}

func wantDayFormat(format string) text.Message {
	return text.NewMessage("definition.error.want_day_format", "value", short(format))
}

func withoutCode(field string, values []string) text.Message {
	return text.NewMessage("definition.warning.without_code", "field", field, "list", values)
}
