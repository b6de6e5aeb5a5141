package definition

import (
	"maps"
	"regexp"
	"slices"

	"outreach/internal/project"
	"outreach/internal/schema"
)

var (
	// iatiIdentifier is an identifier of the International Aid Transparency Initiative. Its rules forbid a few
	// characters; spaces are not used.
	iatiIdentifier = lazily(`^[A-Za-z0-9][A-Za-z0-9._:-]{2,99}$`)
	country        = lazily(`^[A-Z]{2}$`)
	sector         = lazily(`^[0-9]{5}$`)

	// dhis2ID is a UID or a code of DHIS2.
	dhis2ID = lazily(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,49}$`)
)

// matching reads a text that has the form of a pattern; example shows one.
func (o object) matching(key string, form *regexp.Regexp, example string) string {
	value, n, ok := o.value(key)
	if ok && !form.MatchString(value) {
		o.report(n, o.at(key), wrongForm, wantLike(value, example))
		return ""
	}
	return value
}

// iati reads what a file of IATI says beside the figures. The indicators of the definition are known.
func (o object) iati(d *project.Definition) *project.IATI {
	i, given := o.part("iati", "organisation", "organisation_type", "name", "activity", "country", "sector", "results")
	if !given {
		return nil
	}
	i.require("organisation")
	out := &project.IATI{
		Organisation: i.matching("organisation", iatiIdentifier(), "XM-DAC-41114"), OrganisationType: i.oneOf("organisation_type", project.IATIOrganisationTypes...),
		Name: i.text("name", longestName), Activity: i.matching("activity", iatiIdentifier(), "XM-DAC-41114-PROJECT1"), Country: i.matching("country", country(), "PL"),
		Sector: i.matching("sector", sector(), "11330"),
	}
	codes := indicatorCodes(d)
	i.entries("results", mostIndicators, func(e entry, path string) {
		if !i.isFigure(e, path, codes) {
			return
		}
		of, ok := i.scalar(e.value, path)
		switch {
		case !ok:
		case !slices.Contains(project.IATIResults, of):
			i.report(e.value, path, notInList, wantOneOf(of, project.IATIResults))
		default:
			if out.Results == nil {
				out.Results = map[string]string{}
			}
			out.Results[e.key] = of
		}
	})
	return out
}

// dhis2 reads what a data value set is addressed to. The indicators of the definition are known.
func (o object) dhis2(d *project.Definition) *project.DHIS2 {
	p, given := o.part("dhis2", "org_unit", "data_set", "period", "data_elements", "breakdowns")
	if !given {
		return nil
	}
	const example = "DiszpKrYNg8"
	out := &project.DHIS2{OrgUnit: p.matching("org_unit", dhis2ID(), example), DataSet: p.matching("data_set", dhis2ID(), example), Period: p.oneOf("period", project.DHIS2Periods...)}
	codes := indicatorCodes(d)
	p.entries("data_elements", mostIndicators+1, func(e entry, path string) {
		if !p.isFigure(e, path, codes) {
			return
		}
		id, ok := p.scalar(e.value, path)
		switch {
		case !ok:
		case !dhis2ID().MatchString(id):
			p.report(e.value, path, wrongForm, wantLike(id, example))
		default:
			if out.DataElements == nil {
				out.DataElements = map[string]string{}
			}
			out.DataElements[e.key] = id
		}
	})
	p.entries("breakdowns", mostIndicators+1, func(e entry, path string) {
		if !p.isFigure(e, path, codes) {
			return
		}
		b, ok := p.object(e.value, path, "by", "parts")
		if !ok {
			return
		}
		b.require("by", "parts")
		parts := breakdownsOf(d, e.key)
		read := project.DHIS2Breakdown{By: b.oneOf("by", slices.Sorted(maps.Keys(parts))...), Parts: map[string]string{}}
		if codes, known := parts[read.By]; known {
			if named, ok := b.part("parts", codes...); ok {
				for _, code := range codes {
					if id := named.matching(code, dhis2ID(), example); id != "" {
						read.Parts[code] = id
					}
				}
			}
		}
		if out.Breakdowns == nil {
			out.Breakdowns = map[string]project.DHIS2Breakdown{}
		}
		out.Breakdowns[e.key] = read
	})
	return out
}

// isFigure reports whether the key of an entry is one of the codes of figures, and else the problem.
func (r *reader) isFigure(e entry, path string, codes []string) bool {
	if slices.Contains(codes, e.key) {
		return true
	}
	r.reportAt(e.line, e.column, path, notInList, wantOneOf(e.key, codes))
	return false
}

// indicatorCodes returns the codes of all figures of a definition.
func indicatorCodes(d *project.Definition) []string {
	codes := make([]string, 0, len(d.Indicators)+1)
	for _, in := range d.Indicators {
		codes = append(codes, in.Code)
	}
	return append(codes, project.ParticipantsCode)
}

// unknownPart is the code of the part of people or records of whom it is not known.
const unknownPart = "unknown"

// breakdownsOf returns the breakdowns that a figure may have, each with the codes of its parts.
func breakdownsOf(d *project.Definition, code string) map[string][]string {
	registry := schema.For(d)
	in, known := d.Indicator(code)
	out := map[string][]string{}
	if kind := registry.Kind(in.Of); kind != nil {
		for _, name := range in.By {
			out[name] = append(kind.Field(name).Parts(d), unknownPart)
		}
	}
	if !known || in.Count == project.CountPeople {
		for _, f := range registry.Attributes() {
			if f.Breaks() {
				out[f.Dimension()] = append(f.Parts(d), unknownPart)
			}
		}
	}
	return out
}
