package definition

import (
	"errors"
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
)

// The maximum number of targets by date, of values of a scale, and of figures that a figure is worked out from, with
// those of the figures it names.
const (
	mostTargets  = 200
	mostScale    = 50
	mostOperands = 1000
)

// counts are the ways of counting that a definition may name.
var counts = []string{
	project.CountPeople, project.CountRecords, project.CountSum, project.CountDistinct, project.CountShare, project.CountMean, project.CountMin,
	project.CountMax, project.CountLast, project.CountValue, project.CountSaid,
}

// indicatorKeys are the keys of an indicator.
var indicatorKeys = []string{
	"code", "label", "unit", "target", "targets", "target_by", "baseline", "direction", "until", "count", "field", "of", "where", "who", "among", "per", "by",
	"value", "scale", "decimals", "public", "counts_for",
}

// planned are the keys of an indicator that say what was promised.
var planned = []string{"target", "targets", "target_by", "baseline", "direction"}

func (o object) indicators(d *project.Definition) []project.Indicator {
	if n := o.fields["indicators"]; n != nil && n.shape == list && len(n.items) == 0 {
		o.report(n, o.at("indicators"), missing, mustBeGiven("indicators"))
	}
	var out []project.Indicator
	var read []formulaRead
	seen := map[string]int{}
	o.each("indicators", mostIndicators, func(n *node, path string) {
		i, ok := o.object(n, path, indicatorKeys...)
		if !ok {
			return
		}
		i.require("code", "label")
		code, at, ok := i.value("code")
		if ok && !isIndicatorCode(code) {
			i.report(at, i.at("code"), notAnID, wantCode(code))
		} else if code == project.ParticipantsCode { // the evidence of all participants has its address
			i.report(at, i.at("code"), notAllowed, idReserved(code))
		}
		i.once("code", code, seen)
		in := project.Indicator{Code: code, Label: i.text("label", longestName), Unit: i.unit(), Count: i.count()}
		if i.oneOf("public", "yes", "no") == "no" {
			in.Public = "no"
		}
		i.plan(d, &in)
		formula := i.counted(d, &in)
		i.countsFor(d, &in)
		i.warnOfPlan(d, in)
		read = append(read, formulaRead{i, formula})
		if in.Of == "media" && d.Region.Population == 0 {
			o.needPopulation()
		}
		out = append(out, in)
	})
	checkFormulas(out, read)
	return out
}

// countsFor reads to which line of the programme an indicator adds.
func (o object) countsFor(d *project.Definition, in *project.Indicator) {
	line, n, ok := o.value("counts_for")
	switch {
	case !ok:
	case !isIndicatorCode(line):
		o.report(n, o.at("counts_for"), notAnID, wantCode(line))
	case d.ProgrammeID == "":
		o.report(n, o.at("counts_for"), notAllowed, noProgramme)
	case !in.Adds():
		o.report(n, o.at("counts_for"), notAllowed, cannotBeAdded(in.Count))
	default:
		in.CountsFor = line
	}
}

// count reads how an indicator is counted. An expression needs no further word.
func (o object) count() string {
	if o.fields["count"] == nil && o.fields["value"] != nil {
		return project.CountValue
	}
	o.require("count")
	return o.oneOf("count", counts...)
}

// unit reads a unit, which is one text for all languages.
func (o object) unit() string {
	if n := o.fields["unit"]; n != nil && n.shape != scalar {
		o.report(n, o.at("unit"), wrongForm, wantUnit)
		return ""
	}
	return o.string("unit", longestName)
}

// refuse reports keys that have no meaning beside others.
func (o object) refuse(because string, keys ...string) {
	for _, key := range keys {
		if n := o.fields[key]; n != nil {
			o.report(n, o.at(key), notAllowed, keyWithout(key, because))
		}
	}
}

// plan reads what was promised.
func (o object) plan(d *project.Definition, in *project.Indicator) {
	in.Target = o.amount("target", largest)
	in.Monitored = o.fields["target"] == nil && o.fields["targets"] == nil
	o.each("targets", mostTargets, func(n *node, path string) {
		point, ok := o.object(n, path, "by", "value")
		if !ok {
			return
		}
		point.require("by", "value")
		p := project.TargetPoint{By: point.day("by"), Value: point.amount("value", largest)}
		if p.By != "" {
			first, key := d.Period.From, "period.from"
			if n := len(in.Targets); n > 0 {
				first, key = in.Targets[n-1].By, "by"
			}
			if p.By < first || p.By == first && key == "by" {
				point.report(point.fields["by"], point.at("by"), outOfRange, wrongOrder("by", p.By, key, first))
			}
		}
		in.Targets = append(in.Targets, p)
	})
	if n := len(in.Targets); n > 0 {
		in.Target = in.Targets[n-1].Value
		o.refuse("targets", "target")
	} else if n := o.fields["targets"]; n != nil && n.shape == list && len(n.items) == 0 {
		o.report(n, o.at("targets"), missing, mustBeGiven("targets"))
	}
	if o.oneOf("direction", "up", project.Down) == project.Down {
		in.Direction = project.Down
	}
	if b, given := o.part("baseline", "value", "at"); given {
		b.require("value")
		in.Baseline = &project.Baseline{Value: b.amount("value", largest), At: b.day("at")}
		if in.Direction == project.Down && !in.Monitored && b.fields["value"] != nil && in.Baseline.Value <= in.Target {
			b.report(b.fields["value"], b.at("value"), outOfRange, baselineBelow(in.Baseline.Value, in.Target))
		}
	}
	if in.Monitored {
		o.refuse("no target", "baseline", "direction")
	}
	if in.Until = o.day("until"); in.Until != "" && in.Until < d.Period.From {
		o.report(o.fields["until"], o.at("until"), outOfRange, wrongOrder("until", in.Until, "period.from", d.Period.From))
	}
}

// warnOfPlan warns of promises that are hardly meant as they are written.
func (o object) warnOfPlan(d *project.Definition, in project.Indicator) {
	last := in.LastDay(d.Period)
	for i, p := range in.Targets {
		if p.By != "" && last != "" && p.By > last {
			o.warn("targets", plannedTooLate(p.By, last))
		}
		if i > 0 && in.Direction != project.Down && p.Value < in.Targets[i-1].Value {
			o.warn("targets", planFalls(p.By))
		}
	}
	if in.Direction == project.Down || in.Monitored {
		return
	}
	switch {
	case in.Baseline != nil && in.Baseline.Value > in.Target:
		o.warn("baseline", baselineAbove(in.Baseline.Value, in.Target))
	case in.Target == 0 && o.fields["target"] != nil:
		o.warn("target", zeroIsAlwaysMet)
	}
}

// takes are the keys that a way of counting has beside code, label, unit, until, public and what was planned.
func takes(count string) []string {
	switch count {
	case project.CountRecords:
		return []string{"of", "where", "by"}
	case project.CountSum:
		return []string{"of", "where", "by", "field"}
	case project.CountDistinct:
		return []string{"of", "where", "field"}
	case project.CountShare:
		return []string{"of", "where", "who", "among", "per", "decimals"}
	case project.CountMean, project.CountMin, project.CountMax, project.CountLast:
		return []string{"of", "where", "field", "decimals"}
	case project.CountValue:
		return []string{"value", "decimals"}
	case project.CountSaid:
		return []string{"scale"}
	case project.CountPeople:
		return []string{"of", "where", "who"}
	default:
		return []string{"of", "where"}
	}
}

// counted reads what is counted in which way, and checks that the records can be. It returns the expression of a figure
// over others.
func (o object) counted(d *project.Definition, in *project.Indicator) *rule.Formula {
	registry := schema.For(d)
	if in.Count == "" { // reported; the rule can be checked
		in.Rule = o.peopleRule(d)
		return nil
	}
	keys := takes(in.Count)
	for _, key := range []string{"of", "where", "who", "among", "per", "by", "value", "scale", "decimals"} {
		if n := o.fields[key]; n != nil && !slices.Contains(keys, key) {
			o.report(n, o.at(key), notAllowed, keyNotOfCount(key, in.Count, keys))
		}
	}
	if n := o.fields["field"]; n != nil && !slices.Contains(keys, "field") {
		o.report(n, o.at("field"), notAllowed, noFieldHere(in.Count))
	}
	if in.Derived() && in.Count != project.CountSaid {
		in.Decimals = 1
		if o.fields["decimals"] != nil {
			in.Decimals = int(o.whole("decimals", 0, mostDecimals))
		}
	}
	switch in.Count {
	case project.CountSaid:
		in.Scale = o.scale()
		if len(in.Scale) > 0 {
			o.refuse("scale", planned...)
			in.Target, in.Monitored = 0, true
		}
		return nil
	case project.CountValue:
		return o.formula(in)
	}
	if slices.Contains(keys, "who") {
		in.Rule = o.peopleRule(d)
	} else {
		o.require("of")
		in.Rule = o.rule(d)
	}
	kind := registry.Kind(in.Of)
	if in.Field = o.string("field", longestName); slices.Contains(keys, "field") {
		o.checkField(registry, kind, *in)
	}
	if in.Count == project.CountShare {
		o.among(d, in)
	}
	if in.Who != "" && in.Per != "" {
		o.report(o.fields["per"], o.at("per"), notAllowed, recordsOfPeople)
	}
	if (in.Count == project.CountPeople || in.Count == project.CountShare && in.Per == "") && kind != nil && !kind.Person {
		o.report(o.fields["count"], o.at("count"), notAllowed, notAboutPeople(in.Of))
	}
	in.By = o.brokenDown(kind)
	in.TargetBy = o.targetBy(d, registry, kind, *in)
	return nil
}

// checkField checks that a field of a kind can be counted.
func (o object) checkField(registry *schema.Registry, kind *schema.Kind, in project.Indicator) {
	if o.fields["field"] == nil {
		o.report(o.node, o.at("field"), missing, fieldNeeded(in.Count))
		return
	}
	if kind == nil || in.Field == "" {
		return
	}
	var names []string
	for _, v := range rule.Variables(registry, kind) {
		f := kind.Field(v.Name)
		if v.Numeric || in.Count == project.CountDistinct && (f == nil || f.Type != schema.File) {
			names = append(names, v.Name)
		}
	}
	if !slices.Contains(names, in.Field) {
		o.report(o.fields["field"], o.at("field"), notInList, noSuchField(in, names))
	}
}

// among reads what an indicator is a share of.
func (o object) among(d *project.Definition, in *project.Indicator) {
	if o.oneOf("per", project.CountPeople, project.CountRecords) == project.CountRecords {
		in.Per = project.CountRecords
	}
	o.require("among")
	part, given := o.part("among", "of", "where", "who")
	if !given {
		return
	}
	among := part.peopleRule(d)
	in.Among = &among
	kind := schema.For(d).Kind(among.Of)
	switch {
	case among.Who != "" && in.Per != "":
		part.report(part.fields["who"], part.at("who"), notAllowed, recordsOfPeople)
	case kind == nil || in.Of == "" && in.Who == "":
	case in.Per == "" && !kind.Person:
		part.report(part.fields["of"], part.at("of"), notAllowed, notAboutPeople(among.Of))
	case in.Per != "" && in.Who == "" && among.Of != in.Of:
		part.report(part.fields["of"], part.at("of"), notAllowed, otherKindOfRecord(among.Of, in.Of))
	}
}

// brokenDown reads the fields by which a figure of records is broken down.
func (o object) brokenDown(kind *schema.Kind) []string {
	var out []string
	seen := map[string]bool{}
	o.each("by", mostFields, func(n *node, path string) {
		name, ok := o.scalar(n, path)
		if !ok || kind == nil {
			return
		}
		var names []string
		for i := range kind.Fields {
			if f := &kind.Fields[i]; !f.Attribute && f.Privacy == schema.Open && (f.Type.Listed() || f.Type == schema.YesNo) && f.Breaks() {
				names = append(names, f.Name)
			}
		}
		switch {
		case len(names) == 0:
			o.report(n, path, notInList, noBreakdown(name, kind.Name))
		case !slices.Contains(names, name):
			o.report(n, path, notInList, wantOneOf(name, names))
		case seen[name]:
			o.report(n, path, repeated, valueTwice("by", name, n.line))
		default:
			seen[name] = true
			out = append(out, name)
		}
	})
	return out
}

// targetBy reads targets of the parts of breakdowns.
func (o object) targetBy(d *project.Definition, registry *schema.Registry, kind *schema.Kind, in project.Indicator) map[string]map[string]float64 {
	if o.fields["target_by"] == nil || kind == nil && in.Who == "" {
		return nil
	}
	parts := map[string][]string{} // of each breakdown
	for _, name := range in.By {
		parts[name] = kind.Field(name).Parts(d)
	}
	if in.Count == project.CountPeople {
		for _, f := range registry.Attributes() {
			if f.Breaks() {
				parts[f.Dimension()] = f.Parts(d)
			}
		}
	}
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	out := map[string]map[string]float64{}
	o.entries("target_by", mostFields, func(e entry, path string) {
		if !slices.Contains(names, e.key) {
			o.reportAt(e.line, e.column, path, notInList, wantOneOf(e.key, names))
			return
		}
		codes := append(slices.Clone(parts[e.key]), "unknown")
		dimension, ok := o.object(e.value, path, codes...)
		if !ok {
			return
		}
		out[e.key] = map[string]float64{}
		for _, code := range codes {
			if dimension.fields[code] != nil {
				out[e.key][code] = dimension.amount(code, largest)
			}
		}
	})
	return out
}

// scale reads what the office may say, each an id, or an id with a label.
func (o object) scale() []project.Labelled {
	var out []project.Labelled
	seen := map[string]int{}
	o.each("scale", mostScale, func(n *node, path string) {
		if n.shape == scalar {
			n = &node{shape: mapping, line: n.line, column: n.column, entries: []entry{{key: "id", line: n.line, column: n.column, value: n}}}
		}
		l, ok := o.object(n, path, "id", "label")
		if !ok {
			return
		}
		l.require("id")
		id := l.string("id", longestName)
		l.once("id", id, seen)
		label := l.optionalText("label", longestName)
		if len(label) == 0 {
			label = project.SameInAllLanguages(id)
		}
		out = append(out, project.Labelled{ID: id, Label: label})
	})
	return out
}

// formula reads the expression of a figure over others, nil where it is not one.
func (o object) formula(in *project.Indicator) *rule.Formula {
	o.require("value")
	n := o.fields["value"]
	if n == nil {
		return nil
	}
	if n.shape != scalar {
		o.report(n, o.at("value"), wrongForm, wantQuotedRule)
		return nil
	}
	in.Value = strings.TrimSpace(n.text)
	formula, err := rule.CompileFormula(n.text)
	if err != nil {
		wrong := &rule.Error{Line: 1, Column: 1}
		errors.As(err, &wrong)
		line, column := o.lines.place(n, wrong.Line, wrong.Column)
		o.reportAt(line, column, o.at("value"), badRule, wrong.Message)
		return nil
	}
	return formula
}

// formulaRead is an indicator as it was read, with its expression; nil: it has none.
type formulaRead struct {
	object
	formula *rule.Formula
}

// checkFormulas checks what the expressions of figures name: other indicators, none of which leads back, and in a
// public one public ones alone.
func checkFormulas(all []project.Indicator, read []formulaRead) {
	places := map[string]int{}
	codes := make([]string, len(all))
	for i, in := range all {
		codes[i] = in.Code
		if _, twice := places[in.Code]; !twice {
			places[in.Code] = i
		}
	}
	const inPath, done = 1, 2
	state := make([]int, len(all))
	size := make([]int, len(all)) // how many figures it is worked out from
	var path []string
	var visit func(i int)
	visit = func(i int) {
		state[i] = inPath
		path = append(path, codes[i])
		size[i] = 1
		r := read[i]
		if r.formula != nil {
			size[i] = 0
			for _, operand := range r.formula.Operands() {
				line, column := r.lines.place(r.fields["value"], operand.Line, operand.Column)
				at, known := places[operand.Code]
				switch {
				case !known:
					r.reportAt(line, column, r.at("value"), notInList, noSuchIndicator(operand.Code, codes))
					continue
				case len(all[at].Scale) > 0:
					r.reportAt(line, column, r.at("value"), notAllowed, notANumberOf(operand.Code))
					continue
				case all[i].Public != "no" && all[at].Public == "no":
					r.reportAt(line, column, r.at("value"), notAllowed, notPublic(operand.Code))
				}
				switch state[at] {
				case inPath:
					circle := append(slices.Clone(path[slices.Index(path, codes[at]):]), codes[at])
					r.reportAt(line, column, r.at("value"), notAllowed, inCircle(circle))
				case 0:
					visit(at)
				}
				size[i] += size[at]
			}
			if size[i] > mostOperands {
				r.report(r.fields["value"], r.at("value"), tooLarge, tooManyOperands(size[i], mostOperands))
				size[i] = mostOperands
			}
		}
		state[i] = done
		path = path[:len(path)-1]
	}
	for i := range all {
		if state[i] == 0 {
			visit(i)
		}
	}
}
