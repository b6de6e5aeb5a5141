package page

import (
	"fmt"
	"strconv"
	"time"

	"outreach/internal/programme"
	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"

	"encoding/json"
	"outreach/internal/text"
)

// asking returns the definition with attributes that a complete participant has.
func asking(incomplete string) *project.Definition {
	d := definition()
	d.People = project.People{Complete: []string{"sex", "birth_year"}, Incomplete: incomplete}
	return d
}

// The pages of the tests show a project like a real one: eleven promised results of a regional programme.
func definition() *project.Definition {
	d := &project.Definition{
		ID:        "ces",
		Title:     project.Text{"pl": "Centrum Ekonomii Społecznej", "en": "Centre for the Social Economy"},
		Programme: project.Text{"pl": "Program Operacyjny Kapitał Ludzki, Priorytet VII, Działanie 7.2, Poddziałanie 7.2.2", "en": "Human Capital Operational Programme, Priority VII, Measure 7.2, Sub-measure 7.2.2"},
		Funding:   project.Funding{Source: project.Text{"pl": "Europejski Fundusz Społeczny", "en": "European Social Fund"}, Value: 538974.02, Currency: "PLN", SharePercent: 100},
		Period:    project.Period{From: "2009-11-02", To: "2011-02-28"},
		TimeZone:  "Europe/Warsaw",
		Marks:     []project.Mark{{Sign: "eu", Text: project.Text{"pl": "Unia Europejska – Europejski Fundusz Społeczny", "en": "European Union – European Social Fund"}}, {Text: project.Text{"pl": "Kapitał Ludzki", "en": "Human Capital"}}},
		Contact:   &project.Contact{Name: "Stowarzyszenie Partnerstwo Społeczne", Email: "biuro@example.org"},
		Partners:  []project.Partner{{ID: "tv-partner", Name: "Telewizja Partner"}, {ID: "radio-partner", Name: "Radio Partner"}},
		Implementers: []project.Implementer{
			{Name: "Centrum Integracji Społecznej CISTOR", From: "2009-11-02", To: "2010-04-30"},
			{Name: "Stowarzyszenie Partnerstwo Społeczne", OnBehalfOf: "Gmina Miasta Toruń", From: "2010-05-01", To: "2011-02-28"}},
		Goal:        project.Text{"pl": "Wspieranie inicjatyw ekonomii społecznej w województwie kujawsko-pomorskim", "en": "Supporting social-economy initiatives in the Kujawsko-Pomorskie region"},
		Region:      project.Region{Name: project.Text{"pl": "województwo kujawsko-pomorskie", "en": "Kujawsko-Pomorskie"}, Population: 2070000},
		TargetGroup: 210,
		Groups: []project.Labelled{
			{ID: "social-economy-entity", Label: project.Text{"pl": "podmiot ekonomii społecznej", "en": "social-economy entity"}},
			{ID: "local-authority", Label: project.Text{"pl": "władze lokalne", "en": "local authority"}},
			{ID: "social-assistance-institution", Label: project.Text{"pl": "instytucja pomocy i integracji społecznej", "en": "social assistance and integration institution"}},
			{ID: "individual", Label: project.Text{"pl": "osoba zainteresowana", "en": "interested person"}}},
		AgeBands: []string{"0-24", "25-54", "55+"},
		Activities: []project.Activity{
			{ID: "partnerships", Kind: "training", Capacity: 60, Label: project.Text{"pl": "Szkolenie: partnerstwa społeczne", "en": "Training: social partnerships"}, Place: "Toruń, ul. Przykładowa 3", Starts: "2010-02-15", Ends: "2010-02-19"},
			{ID: "running-promotion", Kind: "training", Capacity: 60, Label: project.Text{"pl": "Szkolenie: prowadzenie i promocja podmiotu", "en": "Training: running and promoting an entity"}},
			{ID: "founding-cooperatives", Kind: "training", Capacity: 60, Label: project.Text{"pl": "Szkolenie: zakładanie spółdzielni socjalnej", "en": "Training: founding a social co-operative"}, Starts: "2010-04-12T09:00:00+02:00"},
			{ID: "incubator", Kind: "advice", Label: project.Text{"pl": "Inkubator Społecznej Przedsiębiorczości", "en": "Incubator of Social Entrepreneurship"}}},
		OutputKinds: []project.OutputKind{{ID: "tv-spot", Label: project.Text{"pl": "spot telewizyjny", "en": "TV spot"}}, {ID: "web-news", Label: project.Text{"pl": "informacja na stronie", "en": "website news item"}}},
	}
	d.Participants = []project.Rule{{Of: "attendance", Where: `outcome == "completed"`}, {Of: "consultation"}}
	for i, in := range []struct {
		pl, en, unit string
		target       float64
	}{
		{"Osoby przeszkolone w tworzeniu partnerstw społecznych", "People trained in building social partnerships", "person", 45},
		{"Osoby przeszkolone w prowadzeniu i promocji podmiotów ekonomii społecznej", "People trained in running and promoting social-economy entities", "person", 45},
		{"Osoby przeszkolone w zakładaniu spółdzielni socjalnych", "People trained in founding social co-operatives", "person", 35},
		{"Osoby objęte specjalistycznym wsparciem w Inkubatorze", "People given specialist support in the Incubator", "person", 120},
		{"Mieszkańcy województwa, do których dotarła informacja w mediach", "Inhabitants of the region reached through the media", "inhabitant", 200000},
		{"Osoby z większą wiedzą o prowadzeniu i promocji podmiotów", "People who know more about running and promoting an entity", "person", 45},
		{"Osoby z większą wiedzą o partnerstwach społecznych", "People who know more about social partnerships", "person", 45},
		{"Wyprodukowane spoty telewizyjne", "TV spots produced", "piece", 3},
		{"Wyprodukowane reportaże", "Reportages produced", "piece", 3},
		{"Informacje na stronie internetowej projektu", "News items on the project's website", "piece", 30},
		{"Wydane komplety materiałów konferencyjnych", "Sets of conference materials handed out", "set", 90},
	} {
		d.Indicators = append(d.Indicators, project.Indicator{Code: strconv.Itoa(i + 1), Label: project.Text{"pl": in.pl, "en": in.en}, Unit: in.unit, Target: in.target, Count: "people", Rule: project.Rule{Of: "attendance", Where: `outcome == "completed"`}})
	}
	return d
}

func compiled(d *project.Definition, achieved []int64, asOf string) *snapshot.Snapshot {
	supersedes := "01JD8T4Y7V2N9M3B6C5X1Z0AAA"
	s := &snapshot.Snapshot{
		Project: "ces", ID: "01JD9KZ2X4Q8R7S6T5V4W3Y2AB", AsOf: asOf, KnownAt: "2026-11-23T02:00:00Z", State: snapshot.Approved, Supersedes: &supersedes,
		Definition: snapshot.Definition{Version: 3, SHA256: "5f0c"},
		Hash:       "sha256:9f2b7d61c0e84a3f5d6b1c2e7a980f4433dd21ab56ce7f90128b3a4c5d6e7f80",
		Participants: snapshot.Participants{Total: 252, Target: 210, By: snapshot.Breakdowns{
			"sex":           {{Code: "female", People: 159}, {Code: "male", People: 90}, {Code: "other"}, {Code: "unknown", People: 3, Shown: "<5"}},
			"age":           {{Code: "0-24", People: 21}, {Code: "25-54", People: 170}, {Code: "55+", People: 58}, {Code: "unknown", People: 3, Shown: "<5"}},
			"education":     {{Code: "isced-0-2", People: 12, Shown: "hidden"}, {Code: "isced-3-4", People: 101}, {Code: "isced-5-8", People: 136}, {Code: "unknown", People: 3, Shown: "<5"}},
			"labour_status": {{Code: "employed", People: 141}, {Code: "self-employed", People: 27}, {Code: "unemployed", People: 52}, {Code: "inactive", People: 29}, {Code: "unknown", People: 3, Shown: "<5"}},
			"residence":     {{Code: "urban", People: 168}, {Code: "rural", People: 81}, {Code: "unknown", People: 3, Shown: "<5"}},
			"group":         {{Code: "social-economy-entity", People: 88}, {Code: "local-authority", People: 40}, {Code: "social-assistance-institution", People: 37}, {Code: "individual", People: 84}, {Code: "unknown", People: 3, Shown: "<5"}},
		}},
		Reach:   snapshot.Reach{Sum: 898860, Low: 23400, Estimate: 727311, High: 898860, Population: 2070000, Airings: 113},
		Quality: snapshot.Quality{PeopleWithoutAttributes: 3, RecordsOutsidePeriod: 1},
	}
	for i, in := range d.Indicators {
		status := snapshotStatus(achieved[i], int64(in.Target))
		line := snapshot.Indicator{Code: in.Code, Label: in.Label, Unit: in.Unit, Target: json.Number(schema.Number(in.Target)), Achieved: json.Number(strconv.FormatInt(achieved[i], 10)),
			Percent: report.Percent(achieved[i], int64(in.Target)), Status: status, Records: achieved[i]}
		if in.Unit == "person" {
			line.By = snapshot.Breakdowns{}
			for dimension, parts := range s.Participants.By {
				for _, p := range parts {
					p.People = p.People * achieved[i] / 252
					line.By[dimension] = append(line.By[dimension], p)
				}
			}
		}
		var before int64
		start := time.Date(2009, 11, 1, 0, 0, 0, 0, time.UTC)
		for m := range 16 {
			total := achieved[i] * int64(min(max(m-i%4-1, 0)*(3+i%3), 33)) / 33
			if m > 12 {
				total = achieved[i]
			}
			line.ByMonth = append(line.ByMonth, snapshot.Month{Month: start.AddDate(0, m, 0).Format("2006-01"), Added: json.Number(strconv.FormatInt(total-before, 10)), Total: json.Number(strconv.FormatInt(total, 10))})
			before = total
		}
		s.Indicators = append(s.Indicators, line)
	}
	return s
}

func snapshotStatus(achieved, target int64) string {
	switch {
	case achieved >= target:
		return "achieved"
	case achieved == 0:
		return "not-started"
	case achieved*2 > target:
		return "on-track"
	}
	return "behind"
}

// example is a page with data for every branch of its template, or with as little as possible.
type example struct {
	name    string
	status  int
	content Content
}

func examples() []example {
	d := definition()
	full := compiled(d, []int64{45, 45, 40, 152, 898860, 45, 45, 3, 3, 41, 98}, "2011-02-28")
	half := compiled(d, []int64{31, 12, 0, 96, 240110, 45, 9, 1, 0, 22, 98}, "2010-09-30")
	half.State = snapshot.Draft
	many := definition()
	var all []int64
	for i := range 40 {
		if i >= len(d.Indicators) {
			in := many.Indicators[i%11]
			in.Code = "2.1." + strconv.Itoa(i)
			in.Label = project.Text{"pl": in.Label["pl"] + " wraz z opiekunami, w tym na obszarach wiejskich i w miastach średniej wielkości", "en": in.Label["en"] + " with those who care for them, of these in rural areas and in towns of middle size"}
			many.Indicators = append(many.Indicators, in)
		}
		all = append(all, int64(i)*many.TargetGroup/5)
	}
	forty := compiled(many, all, "2010-09-30")
	fortyChanged := snapshot.Compare(snapshot.Side{Snapshot: *forty, Definition: many}, &snapshot.Side{Snapshot: *compiled(many, make([]int64, 40), "2010-06-30"), Definition: many})
	before := compiled(d, []int64{31, 12, 0, 90, 240000, 45, 9, 1, 0, 22, 98}, "2010-06-30")
	before.Indicators = before.Indicators[1:]
	compared := snapshot.Compare(snapshot.Side{Snapshot: *half, Definition: d}, &snapshot.Side{Snapshot: *before, Definition: &project.Definition{}})
	first := snapshot.Compare(snapshot.Side{Snapshot: *half, Definition: d}, nil)
	today := "2010-07-21"
	at := time.Date(2010, 7, 21, 16, 25, 0, 0, time.UTC)
	wrong := Entry{IdempotencyKey: "k-1", Values: map[string]string{"activity": "partnerships", "first_name": "Ola", "email": "ola@", "sex": "female", "birth_year": "1074", "disability": "no"}, Problems: []schema.Problem{
		{Field: "last_name", Code: schema.Missing}, {Field: "email", Code: schema.Unreadable, Hint: "email"},
		{Field: "birth_year", Code: schema.OutOfRange, Args: map[string]string{"min": "1900", "max": "2010"}}, {Field: "consent_processing", Code: schema.Missing}}}
	places := []Place{{Activity: d.Activities[0], Open: true, Left: 12}, {Activity: d.Activities[1], Left: -1}, {Activity: d.Activities[2], Open: true}, {Activity: d.Activities[3], Open: true, Left: -1}}
	exports := []Link{{Href: "/ces/snapshots/latest.csv", Label: "CSV"}, {Href: "/ces/snapshots/latest.json", Label: "JSON"}}
	consultations := []Record{
		{ID: "01R1", Who: "Uczestniczka Nr 132", Person: "p1", Row: schema.Row{"2010-01-24", "law", "30", "in-person", "doradca-law@example.org", "Forma prawna i statut", "Krótka rozmowa"}},
		{ID: "01R2", Who: "osoba147@example.org", Row: schema.Row{"2010-01-18", "marketing", "90", "phone", "doradca-marketing@example.org", "Promocja i sprzedaż <b>", ""}}}
	upload := Upload{ID: "01U1", State: "rejected", Kind: "media", Records: schema.Builtin().Kind(schema.Media), Filename: "press-partner-2010-h2.csv", Owner: "press-partner", SHA256: "9f2b7d61c0e84a3f5d6b1c2e7a980f4433dd21ab56ce7f90128b3a4c5d6e7f80", Bytes: 48211, Rows: 212, ReceivedAt: at, FinishedAt: at.Add(time.Minute), Mine: true, Original: "/ces/uploads/01U1/original", Cut: true,
		Errors: []CellProblem{
			{Row: 3, Column: "date", Code: schema.NotADate, Value: "31.06.2010", Message: "To nie jest data. Wpisz ją jako 2010-07-21 albo 21.07.2010."},
			{Row: 7, Column: "reach", Code: schema.NotANumber, Value: "ok. 12 tys.", Message: "To nie jest liczba całkowita. Wpisz same cyfry, na przykład 12500."},
			{Column: "title", Code: schema.MissingColumn, Message: "Brakuje tej kolumny."}},
		Warnings: []CellProblem{{Row: 9, Column: "reach", Code: schema.LargeReach, Value: "1200000", Message: "Zasięg większy niż połowa mieszkańców regionu."}}}
	accepted := upload
	accepted.State, accepted.Errors, accepted.Cut, accepted.New, accepted.Changed, accepted.Unchanged, accepted.SameAs = "accepted", nil, false, 12, 3, 197, "01U0"
	going := Upload{ID: "01U2", State: "processing", Filename: "tv.xlsx", ReceivedAt: at, CheckOnly: true}
	person := PersonItem{ID: "01P1", Name: "Ola Nowak", Email: "ola@example.org", Pesel: "44051401359"}
	signups := []SignupItem{{ID: "01S1", Person: "01P1", Name: "Ola Nowak", Email: "ola@example.org", Activity: "partnerships", State: "accepted", SubmittedAt: "2010-01-11T14:36:00Z", Version: "\"2\""}, {ID: "01S2", Email: "jan@example.org", Activity: "gone", State: "waitlisted", SubmittedAt: "2010-01-12T14:36:00Z"}, {ID: "01S3", Email: "ewa@example.org", Activity: "partnerships", State: "held", Unconfirmed: true, SubmittedAt: "2010-01-13T14:36:00Z"}}

	hooks := schema.Kind{Name: "subscription", Fields: []schema.Field{{Name: "url", Required: true, Longest: 2000}, {Name: "events", Required: true, Type: schema.Choices, Options: schema.Fixed(
		schema.Option{ID: "snapshot.approved", Label: project.Text{"pl": "zatwierdzono zestawienie", "en": "a snapshot is approved"}}, schema.Option{ID: "signup.changed", Label: project.Text{"pl": "jest nowe zgłoszenie", "en": "a sign-up is new"}})}}}
	subscribed := []SubscriptionItem{
		{ID: "01W1", URL: "https://hooks.example.org/a-rather-long-path/of-a-receiver?token=0123456789abcdef", Events: []string{"snapshot.approved", "signup.changed"}, State: "active", Delivered: at},
		{ID: "01W2", URL: "https://hooks.example.org/2", Events: []string{"upload.finished"}, State: "failing", Reason: "timeout", Since: at},
		{ID: "01W3", URL: "https://hooks.example.org/3", Events: []string{"upload.finished"}, State: "disabled", Reason: "410", Since: at, Delivered: at}}
	members := schema.Kind{Name: "access", Fields: []schema.Field{{Name: "email", Required: true, Type: schema.Email}, {Name: "roles", Required: true, Type: schema.Choices, Options: schema.Fixed(
		schema.Option{ID: "adviser", Label: text.Role(d, "adviser")}, schema.Option{ID: "partner:tv-partner", Label: text.Role(d, "partner:tv-partner")})}}}
	onlyRoles := schema.Kind{Name: "access", Fields: members.Fields[1:]}
	staff := []AccessItem{
		{ID: "01A1", Email: "ola.nowak-z-bardzo-dlugim-nazwiskiem@biuro.projekt.example.org", Roles: []string{"adviser", "coordinator", "partner:tv-partner"}, Seen: "2010-05-01", At: at, By: "office@example.org"},
		{ID: "01A2", Email: "jan@example.org", Roles: []string{"funder"}, At: at}, {ID: "01A3", Email: "ewa@example.org", Other: []string{"coordinator"}, Seen: "2010-05-01"}}
	planned, broken := *d, *d
	planned.ID, broken.ID = "planned", "broken"
	approved := &snapshots.Kept{ID: "01C1", AsOf: "2010-06-30"}
	funded := programme.Programme{ID: "social-economy", More: true, Projects: []programme.Project{{Definition: d, State: "running", Approved: approved, Indicators: full.Indicators}, {Definition: &planned, State: "upcoming"}, {Definition: &broken, State: "ended", Damaged: true}}, Lines: []programme.Line{
		{ID: "trained", Unit: "person", Projects: 2, Target: "90", Achieved: "85", People: true}, {ID: "waste", Unit: "kg", Projects: 1, Achieved: "12.5"}}}
	list := []example{
		{"programme", 200, Programme{funded}},
		{"programme without projects", 200, Programme{programme.Programme{ID: "none"}}},
		{"access", 200, Access{Definition: d, Kind: &members, Items: staff}},
		{"access with problems", 422, Access{Definition: d, Kind: &members, Entry: Entry{Values: map[string]string{"email": "ola"}, Problems: []schema.Problem{{Field: "email", Code: schema.Unreadable, Hint: "email"}, {Field: "roles", Code: schema.Missing}}}}},
		{"member", 200, Member{Definition: d, Kind: &onlyRoles, Item: staff[0]}},
		{"member by a token", 200, Member{Definition: d, Kind: &onlyRoles, Item: staff[2]}},
		{"subscriptions", 200, Subscriptions{Definition: d, Kind: &hooks, Items: subscribed, Entry: Entry{IdempotencyKey: "k"}}},
		{"subscriptions full", 200, Subscriptions{Definition: d, Kind: &hooks, Items: subscribed, Full: true}},
		{"subscription made", 201, Subscriptions{Definition: d, Kind: &hooks, Items: subscribed[:1], Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Entry: Entry{IdempotencyKey: "k"}}},
		{"subscription with problems", 422, Subscriptions{Definition: d, Kind: &hooks, Entry: Entry{IdempotencyKey: "k", Values: map[string]string{"url": "http://localhost"}, Problems: []schema.Problem{{Field: "url", Code: schema.NotAllowed, Hint: "webhook"}, {Field: "events", Code: schema.Missing}}}}},
		{"projects", 200, Projects{Items: []ProjectItem{{Definition: d, SignupOpen: true, State: "running"}, {Definition: d, State: "ended", Roles: Roles{Adviser: true}}}}},
		{"results", 200, Results{Definition: d, Snapshot: full, SignupOpen: true, Exports: exports}},
		{"results half way", 200, Results{Definition: d, Snapshot: half, Exports: exports}},
		{"results without a snapshot", 200, Results{Definition: d, SignupOpen: true}},
		{"results of forty", 200, Results{Definition: many, Snapshot: forty, Inside: true, Changes: &fortyChanged, Exports: exports}},
		{"results of forty in growth", 200, Results{Definition: many, Snapshot: forty, Part: PartGrowth}},
		{"results of forty in months", 200, Results{Definition: many, Snapshot: forty, Part: PartMonths}},
		{"results of forty in breakdowns", 200, Results{Definition: many, Snapshot: forty, Part: PartBreakdowns}},
		{"results bare", 200, Results{Definition: &project.Definition{}, Snapshot: &snapshot.Snapshot{}}},
		{"snapshot in months", 200, Results{Definition: d, Snapshot: half, Inside: true, Part: PartMonths}},
		{"changes", 200, Changes{Definition: d, Changes: compared}},
		{"changes of the first", 200, Changes{Definition: d, Changes: first}},
		{"snapshot", 200, Results{Definition: d, Snapshot: half, Inside: true, Changes: &compared, Exports: exports, Entry: Entry{IdempotencyKey: "k"}}},
		{"signup", 200, Signup{Definition: d, Action: "/ces/signups", Places: places, Today: today, Entry: Entry{IdempotencyKey: "k-1"}}},
		{"signup with problems", 422, Signup{Definition: d, Action: "/ces/signups", Places: places, Today: today, Entry: wrong}},
		{"signup for the office", 200, Signup{Definition: d, Action: "/ces/signups", Places: places, Today: today, Office: true}},
		{"embedding", 200, Embedding{Origins: []string{"https://www.example.org"}, Snippet: "<iframe></iframe>"}},
		{"embedding nowhere", 200, Embedding{Snippet: "<iframe></iframe>"}},
		{"signup closed", 200, Signup{Definition: d, Action: "/ces/signups", Places: places[1:2], Today: today}},
		{"signed up", 201, SignedUp{Definition: d, Activity: &places[0], Receipt: "R-01JD9KZ2"}},
		{"signed up by the office", 201, SignedUp{Definition: d, State: "waitlisted"}},
		{"cancel", 200, Cancel{Activity: "Szkolenie: partnerstwa społeczne", Token: "t"}},
		{"cancelled", 200, Cancel{Activity: "Szkolenie: partnerstwa społeczne", Done: true}},
		{"confirm", 200, Confirm{Activity: "Szkolenie: partnerstwa społeczne", Token: "t"}},
		{"confirmed", 200, Confirm{Activity: "Szkolenie: partnerstwa społeczne", Done: true}},
		{"nothing to confirm", 200, Confirm{Activity: "Szkolenie: partnerstwa społeczne", Ended: true}},
		{"signed up, to be confirmed", 201, SignedUp{Definition: &project.Definition{Confirm: project.ConfirmEmail, ConfirmHours: 24}, Receipt: "R-01JD9KZ2"}},
		{"signups", 200, Signups{Definition: d, Activity: "partnerships", Items: signups, Next: "/ces/signups?cursor=x", Exports: exports}},
		{"no signups", 200, Signups{Definition: d}},
		{"activities", 200, Activities{Items: []ActivityItem{{Activity: d.Activities[0], Accepted: 60, Waitlisted: 2, Held: 1}, {Activity: d.Activities[3]}}}},
		{"no activities", 200, Activities{}},
		{"activity", 200, Activity{ActivityItem: ActivityItem{Activity: d.Activities[0], Accepted: 3}, Next: "/x", Items: []Participant{
			{Person: "01P1", Name: "Ola Nowak", State: "accepted", Days: 2, Hours: "12.5", Outcome: "completed", Tests: []Score{{"3", "7.5", "10"}}}, {Person: "01P2", State: "held"}}}},
		{"activity of many", 200, Activity{ActivityItem: ActivityItem{Activity: d.Activities[0], Accepted: 600}, Next: "/x", Query: "now", Searched: true, BySubmission: true}},
		{"empty activity", 200, Activity{ActivityItem: ActivityItem{Activity: d.Activities[3]}}},
		{"attendance sheet", 200, sheetOf(d, schema.Builtin().Kind(schema.Attendance), "outcome", "hours")},
		{"attendance sheet with problems", 422, wrongSheet(d)},
		{"empty sheet", 422, Sheet{Kind: schema.Builtin().Kind(schema.Attendance), Activity: d.Activities[3], Definition: d, Date: "31.06.2010", Problems: []schema.Problem{{Field: "date", Code: schema.NotADate}}}},
		{"searched sheet", 200, Sheet{Kind: schema.Builtin().Kind(schema.Attendance), Activity: d.Activities[3], Definition: d, Date: "2010-02-15", Query: "now", Searched: true, BySubmission: true, Days: []string{"2010-02-15"}, NextAddress: "/x"}},
		{"test sheet", 200, sheetOf(d, schema.Builtin().Kind(schema.Test), "pre_score", "post_score", "max_score")},
		{"roll", 200, AttendanceList{Definition: d, Activity: d.Activities[0], Date: "2010-02-15", Names: []string{"Jan Kowalski", "Ola Nowak"}, Empty: []int{3, 4}}},
		{"bare roll", 200, AttendanceList{Definition: d, Activity: d.Activities[3]}},
		{"certificates", 200, Certificates{Definition: d, Activity: d.Activities[0], In: "en", Next: "/x", Items: manyCertificates()}},
		{"certificate", 200, Certificates{Definition: d, Activity: d.Activities[3], In: "pl", Person: "01P1", Items: manyCertificates()[:1]}},
		{"no certificates", 200, Certificates{Definition: d, Activity: d.Activities[3], In: "pl"}},
		{"consultations", 200, Records{Kind: schema.Builtin().Kind(schema.Consultation), Definition: d, Today: today, Entry: Entry{IdempotencyKey: "k", Values: map[string]string{"date": today, "field": "law", "form": "in-person"}}, Items: consultations, Next: "/ces/consultations?cursor=x"}},
		{"consultations with problems", 422, Records{Kind: schema.Builtin().Kind(schema.Consultation), Definition: d, Today: today, Entry: Entry{Values: map[string]string{"email": "x", "minutes": "0"}, Problems: []schema.Problem{
			{Field: "person", Code: schema.Missing, Hint: "person"}, {Field: "minutes", Code: schema.OutOfRange, Args: map[string]string{"min": "1", "max": "960"}}, {Field: "elsewhere", Code: schema.UnknownField}, {Code: schema.NotAllowed}}}}},
		{"advice", 200, Advice{Kind: schema.Builtin().Kind(schema.Consultation), Definition: d, Today: today, Month: "2010-02", Entry: Entry{IdempotencyKey: "k", Values: map[string]string{"date": today, "field": "law", "form": "in-person", "minutes": "45"}}, Items: consultations, Saved: consultations[:1], Next: "/ces/consultations?cursor=x",
			Suggestions: []Suggestion{{ID: "01P1", Name: "Ola Wzór", Hint: "ola@example.org"}}}},
		{"advice that asks who", 422, Advice{Kind: schema.Builtin().Kind(schema.Consultation), Definition: d, Today: today, Month: "2010-02", Which: []Suggestion{{ID: "01P1", Name: "Jan Wzór (jan1@example.org)"}, {ID: "01P2", Name: "Jan Wzór (jan2@example.org)"}},
			Entry: Entry{Values: map[string]string{"person": "Jan Wzór"}, Problems: []schema.Problem{{Field: "person", Code: schema.NotInList, Hint: "which"}}}}},
		{"advice with problems", 422, Advice{Kind: schema.Builtin().Kind(schema.Consultation), Definition: d, Today: today, Month: "2010-02", Entry: Entry{Values: map[string]string{"person": "x@"}, Problems: []schema.Problem{
			{Field: "person.email", Code: schema.Unreadable, Hint: "email"}, {Field: "minutes", Code: schema.Missing}}}}},
		{"month sheet", 200, MonthSheet{Kind: schema.Builtin().Kind(schema.Consultation), Definition: d, Month: "2010-02", Last: "2011-02", Adviser: "doradca@example.org", Items: consultations, Total: MonthSum{Records: 2, Minutes: 105}, ByField: []MonthSum{{Field: "law", Records: 2, Minutes: 105}}}},
		{"month sheet of a wrong month", 422, MonthSheet{Kind: schema.Builtin().Kind(schema.Consultation), Definition: d, Month: "2009-11", Last: "2011-02", Problems: []schema.Problem{{Field: "month", Code: schema.NotADate, Hint: "month"}, {Field: "adviser", Code: schema.Unreadable, Hint: "email"}}}},
		{"attendance", 200, Records{Kind: schema.Builtin().Kind(schema.Attendance), Definition: d, Today: today}},
		{"tests", 200, Records{Kind: schema.Builtin().Kind(schema.Test), Definition: d, Today: today, Items: []Record{{ID: "1", Who: "x", Row: schema.Row{"partnerships", "2010-02-19", "6", "13.5", "20"}}}}},
		{"outputs", 200, Records{Kind: schema.Builtin().Kind(schema.Output), Definition: d, Today: today, Items: []Record{{ID: "1", Row: schema.Row{"2010-02-19", "web-news", "1", "Aktualność", "https://ces.example.org"}}}}},
		{"record", 200, RecordEdit{Kind: schema.Builtin().Kind(schema.Consultation), Definition: d, ID: "01R1", Today: today, Entry: Entry{Version: "\"1\"", Values: map[string]string{"email": "ola@example.org", "date": "2010-01-24", "field": "law", "minutes": "30", "form": "phone", "notes": "Dwa\nwiersze"}}}},
		{"advised record", 200, RecordEdit{Kind: schema.Builtin().Kind(schema.Consultation), Definition: d, ID: "01R1", Today: today, OnePerson: true, Entry: Entry{Version: "\"1\"", Values: map[string]string{"person": "ola@example.org", "email": "ola@example.org", "pesel": "44051401359", "date": "2010-01-24"}}}},
		{"advised record that asks who", 422, RecordEdit{Kind: schema.Builtin().Kind(schema.Consultation), Definition: d, ID: "01R1", Today: today, OnePerson: true, Which: []Suggestion{{ID: "01P1", Name: "Jan Wzór (jan1@example.org)"}, {ID: "01P2", Name: "Jan Wzór (jan2@example.org)"}},
			Entry: Entry{Values: map[string]string{"person": "Jan Wzór"}, Problems: []schema.Problem{{Field: "person", Code: schema.NotInList, Hint: "which"}}}}},
		{"uploads", 200, Uploads{Items: []Upload{upload, accepted, going}, All: true, Next: "/ces/uploads?cursor=x", Once: "k"}},
		{"a partner's uploads", 200, Uploads{Items: []Upload{accepted}, Kinds: []string{"media"}, Own: &OwnTotals{AsOf: at, All: OwnLine{Airings: 22, Reach: 898860}, Outside: 2,
			Mediums: []OwnLine{{Name: "radio", Airings: 22, Reach: 898860}}, Months: []OwnLine{{Name: "luty 2010", Airings: 22, Reach: 898860}}}}},
		{"many uploads", 200, Uploads{Items: []Upload{accepted}, Own: &OwnTotals{AsOf: at, TooMany: true}}},
		{"no uploads", 422, Uploads{Error: "Plik jest za duży."}},
		{"upload checked", 200, Upload{ID: "01U4", State: "checked", Kind: "media", Rows: 5, New: 2, Changed: 1, Unchanged: 2, Totals: map[string]json.Number{"reach": "13300"}, CheckOnly: true, Once: "k", Mine: true}},
		{"upload with bad rows", 200, Upload{ID: "01U5", State: "rejected", Kind: "media", Records: schema.Builtin().Kind(schema.Media), Rows: 5, Errors: upload.Errors, Headings: map[string]string{"date": "Dzień emisji"}, Columns: []string{"Dzień emisji", "zasięg"}, BadRows: []FileRow{{Row: 3, Cells: []FileCell{{Text: "31.06.2010", Bad: true}, {Bad: true}}, Problems: upload.Errors[:1]}}}},
		{"upload", 200, upload}, {"upload accepted", 200, accepted}, {"upload going", 200, going}, {"upload bare", 200, Upload{ID: "01U3", State: "received"}},
		{"snapshots", 200, Snapshots{Definition: d, Newest: full, Exports: exports, Compile: true, Today: today, Entry: Entry{IdempotencyKey: "k", Problems: []schema.Problem{{Field: "as_of", Code: schema.NotADate}}}, Items: []SnapshotItem{{ID: full.ID, AsOf: full.AsOf, State: full.State, Hash: full.Hash, KnownAt: full.KnownAt, Version: 3}, {ID: half.ID, AsOf: half.AsOf, State: half.State, Hash: "sha256:", KnownAt: half.KnownAt}}}},
		{"no snapshots", 200, Snapshots{}}, {"snapshots of forty", 200, Snapshots{Definition: many, Newest: forty}},
		{"evidence", 200, Evidence{Definition: d, Title: "Osoby", Code: "1", Figure: "45", Snapshot: full.ID, AsOf: full.AsOf, Exports: exports, Next: "/x", Senders: map[string]string{"01U1": "Telewizja Partner"}, Items: []snapshot.Counted{{Evidence: snapshot.Evidence{ID: "01R1", Kind: "attendance", Date: "2010-02-19", Person: "01P1", Upload: "01U1", Row: 2}, Adds: "1", Total: "1", Fields: snapshot.Fields{{Name: "outcome", Value: "completed"}, {Name: "hours", Value: "2.5", Number: true}, {Name: "entry", Value: "2010-02-19"}, {Name: "gone", Value: "<b>"}}}, {Evidence: snapshot.Evidence{ID: "01R3", Kind: "attendance", Date: "2010-02-19", Person: "01P1", Upload: "01U2", Row: 3}, Adds: "0", Total: "1"}, {Evidence: snapshot.Evidence{ID: "01R2", Kind: "output", Date: "2010-02-19"}, Adds: "44", Total: "45", What: "Ulotka <b>"}}}},
		{"no evidence", 200, Evidence{}},
		{"evidence of the participants", 200, Evidence{Definition: d, Title: "Uczestnicy", Figure: "2", Snapshot: full.ID, AsOf: full.AsOf, Items: []snapshot.Counted{{Evidence: snapshot.Evidence{ID: "01R1", Kind: "attendance", Date: "2010-02-19", Person: "01P1"}, Adds: "1", Total: "1"}}}},
		{"people", 200, People{Query: "now", Keys: schema.Builtin().Keys, Items: []PersonItem{person, {ID: "01P2"}}, Next: "/x"}},
		{"nobody", 200, People{Query: "now", Keys: schema.Builtin().Keys}}, {"people at first", 200, People{Keys: schema.Builtin().Keys}},
		{"duplicates", 200, People{Duplicates: true, Keys: schema.Builtin().Keys, Pairs: []Pair{{A: person, B: PersonItem{ID: "01P2", Email: "ola.nowak@example.org"}, Why: "to samo imię i nazwisko, ten sam rok urodzenia"}}}},
		{"exports", 422, Exports{Today: today, Items: []ExportItem{{"national", "Uczestnicy do systemu krajowego"}, {"register", "Rejestr instytucji finansującej"}}, Chosen: "national", Entry: Entry{Problems: []schema.Problem{{Field: "file", Code: schema.Missing}}}}},
		{"exports-none", 200, Exports{Today: today}},
		{"comparison", 200, Comparison{Name: "Uczestnicy do systemu krajowego", Day: today, Theirs: 118, Ours: 121, Same: 112, Most: 1000,
			Counts:     ComparisonCounts{OnlyTheirs: 1, OnlyOurs: 2, Differ: 1, Twice: 1},
			OnlyTheirs: []TheirRow{{Row: 7, Name: "Konstancja Brzęczyszczykiewicz"}}, OnlyOurs: []PersonItem{{ID: "p1", Name: "Ola <b>", Email: "ola@example.org"}, {ID: "p2", Email: "konstancja.brzeczyszczykiewicz.dlugi.adres@example.org"}},
			Differ: []DifferentPair{{Row: 9, Person: PersonItem{ID: "p3", Name: "Anna Nowak"}, Cells: []DifferentCell{{"Data zakończenia udziału", "", "2010-06-01"}, {"Status na rynku pracy", "osoba bierna zawodowo", "osoba bezrobotna, w tym długotrwale bezrobotna"}}}},
			Twice:  []TheirRow{{Row: 12}}, Lacks: []string{"Powiat", "Gmina"}, Further: []string{"Uwagi"}}},
		{"no duplicates", 200, People{Duplicates: true, Keys: schema.Builtin().Keys}}, {"duplicates among many", 200, People{Duplicates: true, Keys: schema.Builtin().Keys, Many: true, Day: "2010-02-15", Next: "/x"}}, {"incomplete people", 200, Incomplete{Definition: asking("total"), Attribute: "sex", Day: "2010-02-15", Next: "/x", Items: []IncompletePerson{{Person: person, Missing: []string{"sex", "home"}, Since: "2010-02-10", Activities: []string{"partnerships"}}}}},
		{"a question", 200, Question{Definition: asking("total"), Token: "ab", Attributes: schema.Builtin().Attributes()[:2]}}, {"a question with an error", 422, Question{Definition: asking("total"), Token: "ab", Attributes: schema.Builtin().Attributes()[:1], Entry: Entry{Problems: []schema.Problem{{Field: "sex", Code: schema.Missing}}}}}, {"a question that is answered", 200, Question{Definition: asking("total"), Done: true}}, {"a question that is over", 409, Question{Definition: asking("total")}},
		{"no incomplete people", 200, Incomplete{Definition: asking("nowhere"), Day: "2010-02-15"}}, {"incomplete people on a later page", 200, Incomplete{Definition: asking(""), Day: "2010-02-15", Next: "/x"}}, {"incomplete people not looked for", 200, Incomplete{Definition: asking("")}}, {"nothing that people need", 200, Incomplete{Definition: &project.Definition{}}},
		{"duplicates not looked for", 200, People{Duplicates: true, Keys: schema.Builtin().Keys, Many: true}},
		{"person", 200, Person{Person: person, Definition: d, Facts: []Fact{{"Płeć", "kobieta"}, {"Rok urodzenia", "1974"}}, Signups: signups, Export: "/ces/people/01P1.json", Records: []PersonRecord{{Kind: schema.Builtin().Kind(schema.Consultation), ID: "01R1", Row: consultations[0].Row}, {Kind: schema.Builtin().Kind(schema.Attendance), Row: schema.Row{"partnerships", "2010-02-19", "24", "completed"}}}, Entry: Entry{Problems: []schema.Problem{{Field: "into", Code: schema.Missing}}}}},
		{"person bare", 200, Person{Person: PersonItem{ID: "01P2"}, Definition: d}},
		{"merge", 200, Merge{From: Person{Person: PersonItem{ID: "01P2", Email: "ola.nowak@example.org"}, Definition: d}, Into: Person{Person: person, Definition: d, Facts: []Fact{{"Telefon", "56 123 45 67"}}}, One: Person{Person: person, Definition: d}, TwoPesels: true, Collisions: []Collision{{Kind: "signup", Activity: "partnerships"}, {Kind: "attendance", Activity: "partnerships", Date: "2010-02-19"}}}},
		{"erasure", 200, Erasure{Person: person, Export: "/ces/people/01P1.json", Goes: []Number{{"keys", 2}, {"forms", 1}, {"files", 0}}, Stays: []Number{{"signups", 1}}, Figures: []TouchedFigure{{Code: "1", Label: project.Text{"pl": "Osoby", "en": "People"}, Rule: true}, {Label: project.Text{"pl": "Uczestnicy", "en": "Participants"}, Breakdown: true}}}},
		{"erasure of nobody counted", 200, Erasure{Person: person}},
		{"attention", 200, Attention{Items: []Task{{What: "rejected_files", Message: "2 odrzucone pliki", Href: "/ces/uploads", Urgent: true}, {What: "duplicates", Message: "1 para", Href: "/ces/people/duplicates"}}}}, {"nothing to do", 200, Attention{}},
		{"attention to unconfirmed sign-ups", 200, Attention{Held: []HeldItem{
			{ID: "01S3", Name: "Ewa Nowa", Activity: "Szkolenie: partnerstwa społeczne", SubmittedAt: "2010-01-13T14:36:00Z", Version: "\"1\"", Unconfirmed: true, Undisputed: true},
			{ID: "01S4", Name: "Adam Nowy", Activity: "Szkolenie: partnerstwa społeczne", SubmittedAt: "2010-01-13T14:36:00Z", Version: "\"1\"", Unconfirmed: true, Own: true, Known: "01P1", KnownName: "Ola Nowak",
				Why: "Ten adres e-mail jest znany z innym imieniem.", Lines: []HeldLine{{Field: "first_name", Sent: "Adam", Known: "Ola", Differs: true}}}}}},
		{"audit", 200, Audit{Kind: "signup.moved", Who: "form", Next: "/ces/audit?cursor=x", Items: []AuditLine{{At: time.Date(2010, 1, 11, 14, 36, 0, 0, time.UTC), By: "biuro@example.org", Origin: "staff", Says: "zmieniono", Links: exports}, {Origin: "form", Says: "zgłoszono"}, {Origin: "staff", Says: "usunięto"}}}}, {"no audit", 200, Audit{}},
		{"versions", 200, Versions{Items: []Version{{Number: 2, SHA256: "5f0c5f0c5f0c5f0c", By: "biuro@example.org", At: time.Date(2010, 1, 11, 14, 36, 0, 0, time.UTC)}, {Number: 1, SHA256: "5f"}}, Next: "/x"}},
		{"version", 200, OldDefinition{Version: Version{Number: 2, SHA256: "5f0c", By: "biuro@example.org"}, YAML: "id: ces\n", Changes: []string{"Nowe: wskaźnik 1"}, Present: true}},
		{"definition", 422, Definition{YAML: "id: ces\ntitle: {pl: Centrum, en: Centre}\nindicators:\n  - {code: \"1\", where: 'activity = 1'}\n", Number: 3, SHA256: "5f0c", Version: "\"3\"", Problems: []LineProblem{{Line: 4, Column: 23, Message: "unexpected token"}, {Message: "no activities"}}}},
		{"definition checked", 200, Definition{YAML: "id: ces\n", Checked: true, Changes: []string{"Zmienione: wskaźnik 1: target 8 → 12"}, Proof: []ProofLine{
			{Code: "1", Label: "Osoby przeszkolone w prowadzeniu i promocji podmiotów ekonomii społecznej", Until: "2011-02-28", Sources: []ProofSource{{Name: "Obecność", Address: "/ces/attendance", Who: "Koordynator", FileBy: "Koordynator"}, {Name: "Testy wiedzy", Address: "/ces/tests", Who: "Koordynator", FileBy: "Koordynator"}}, Missing: []string{"Brak: takich zapisów nie da się wprowadzić (obecność), bo definicja nie ma wartości pola „Działanie”."}},
			{Code: "2", Label: "Suma", Until: "2011-02-28", Others: "1, 3"},
		}}}, {"no definition", 200, Definition{}},
		{"source", 200, Source{Line: SourceLine{ID: "form", Kind: "signup", Version: 1, At: at}, Typed: SourceText{Text: "kind: signup\n"}}},
		{"source in versions", 422, Source{Line: SourceLine{ID: "monitoring", Kind: "media", Version: 2, At: at, By: "biuro@example.org", Partners: []string{"Telewizja Partner"}}, Typed: SourceText{Text: "kind: media\n", Version: "\"5f\"", Problems: []LineProblem{{Line: 1, Column: 7, Message: "Brakuje pola title."}}},
			Versions: []SourceLine{{ID: "monitoring", Version: 2, At: at, Removed: true}, {ID: "monitoring", Version: 1, At: at, By: "biuro@example.org", Text: "kind: media\n"}}, Next: "/x"}},
		{"sources", 200, Sources{Items: []SourceLine{{ID: "tv-partner-monitoring", Kind: "emisje", Version: 1, At: at, By: "biuro@example.org", Partners: []string{"Telewizja Partner"}, Recognise: []string{"Date", "Headline", "Source", "Reach"}}, {ID: "form", Kind: "zgłoszenia", Version: 1, At: at}}, Next: "/x",
			New: SourceText{Text: "kind: media\n"}, Ready: []ReadySource{{ID: "meltwater", Tool: "Meltwater", Kind: "emisje", Chosen: true}, {ID: "zoom", Tool: "Zoom", Kind: "obecność"}}}}, {"no sources", 200, Sources{}},
		{"columns", 200, columnsExample(d)}, {"columns of statistics", 422, Columns{Definition: d, Upload: "01U1", Filename: "ruch.csv", Tool: "Google Analytics", Analytics: true, Problems: []string{"Brakuje kolumny."}}},
		{"secret", 201, SourceSecret{Source: "form", Address: "https://tracker.example.org/ces/hooks/form", Secret: "s3cr3t", Signature: "X-Signature"}},
		{"deliveries", 200, Deliveries{Items: []DeliveryLine{{ID: "1", Source: "form", At: at, Errors: []DeliveryError{{"/course", "Tej wartości nie ma na liście."}}}, {ID: "2", Source: "form", At: at, Removed: true}}}}, {"no deliveries", 200, Deliveries{}},
		{"delivery", 422, Delivery{Line: DeliveryLine{ID: "1", Source: "form", At: at, Errors: []DeliveryError{{"/course", "Tej wartości nie ma na liście."}}}, Payload: "{\n  \"course\": \"<b>\"\n}"}}, {"delivery without payload", 200, Delivery{Line: DeliveryLine{ID: "2", Source: "form", At: at, Removed: true}}},
		{"not found", 404, Problem{Status: 404, Title: "Nie ma takiej strony", Detail: "Adres jest błędny albo nie masz do niego dostępu.", RequestID: "01K7Z0QH5S8R3V9D2M4N6P8T0W"}},
		{"unauthorised", 401, Problem{Status: 401, Title: "Zaloguj się", Problems: []schema.Problem{{Field: "email", Code: schema.Missing}, {Code: schema.Unreadable}}}},
		{"message", 200, Message{Title: "Zapisano", Text: "Gotowe.", Links: exports}}, {"message bare", 200, Message{Title: "Zapisano"}},
		{"role choice", 200, RoleChoice{Action: "/local/sign-in", Hidden: map[string]string{"state": "s"}, Choices: []RoleOption{{"ces:coordinator", "Koordynator", "Centrum Ekonomii Społecznej", "koordynator@example.org"}, {"admin", "Administrator", "", "funder@example.org"}}}},
		{"mailbox", 200, Mailbox{Items: []Mail{{To: "ola@example.org", Subject: "Zgłoszenie przyjęte", At: at, HTML: "/local/mail/01JZ/html", Files: []Link{{Href: "/local/mail/01JZ/files/0", Label: "garden.ics"}}, Text: "Dzień dobry,\n\nrezygnacja: http://localhost:3000/ces/signups/1/cancel?token=t&x=1\n\nBiuro"}}}}, {"empty mailbox", 200, Mailbox{}},
		{"dead letters", 200, DeadLetters{Items: []DeadLetter{{ID: "1", Source: "ingest-upload", Reason: "object not found", Tries: 5, At: at}}}}, {"no dead letters", 200, DeadLetters{}},
	}
	return list
}

func frames() map[string]Frame {
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		panic(fmt.Sprint("the time zone is missing: ", err))
	}
	ces := &Project{ID: "ces", Title: "Centrum Ekonomii Społecznej"}
	return map[string]Frame{
		"public in Polish":      {Language: "pl", Path: "/ces", Project: ces, Zone: warsaw},
		"public in English":     {Language: "en", Path: "/ces?x=1", Project: ces, Zone: warsaw},
		"coordinator in Polish": {Language: "pl", Path: "/ces/consultations", Project: ces, SignedIn: "koordynator@example.org", Roles: Roles{Coordinator: true}, Message: "Zapisano.", Zone: warsaw},
		"adviser in English":    {Language: "en", Path: "/ces/consultations", Project: ces, SignedIn: "doradca@example.org", Roles: Roles{Adviser: true}},
		"no project":            {Language: "en", Path: "/"},
	}
}

// sheetOf is a full page of a sheet, which is as heavy as one gets without being asked for.
func sheetOf(d *project.Definition, kind *schema.Kind, columns ...string) Sheet {
	s := Sheet{Kind: kind, Activity: d.Activities[0], Definition: d, Date: "2010-02-19", Today: "2010-07-21", Columns: columns, Common: columns[len(columns)-1:], People: 60,
		Days: []string{"2010-02-15", "2010-02-19"}, Once: "01JD9KZ2X4Q8R7S6T5V4W3Y2AB", Next: "01JD9KZ2X4Q8R7S6T5V4W3Y2AC", Saved: &SheetCount{New: 3, Unchanged: 37}}
	for n := range 40 {
		row := SheetRow{Person: "01JD9KZ2X4Q8R7S6T5V4W3Y2AB", Name: "Konstancja Brzęczyszczykiewicz " + strconv.Itoa(n), Values: map[string]string{"outcome": "completed", "hours": "8", "pre_score": "3", "post_score": "7.5", "max_score": "10"},
			Seen: "01JD9KZ2X4Q8R7S6T5V4W3Y2AB:17|completed|8", File: true}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func wrongSheet(d *project.Definition) Sheet {
	s := sheetOf(d, schema.Builtin().Kind(schema.Attendance), "outcome", "hours")
	s.Saved.Wrong, s.Filled, s.All = 3, true, map[string]string{"hours": "8"}
	s.Rows[0].Values, s.Rows[0].Problems = map[string]string{"hours": "dużo <b>"}, []schema.Problem{{Field: "outcome", Code: schema.Missing}, {Field: "hours", Code: schema.NotANumber, Hint: "decimal"}}
	s.Rows[1].Theirs, s.Rows[2].Theirs = map[string]string{"outcome": "withdrew", "hours": "2.5"}, map[string]string{}
	s.Rows[3].Problems = []schema.Problem{{Code: schema.NotAllowed, Hint: "file"}}
	return s
}

func manyCertificates() []Certificate {
	var out []Certificate
	for n := range 40 {
		out = append(out, Certificate{Name: "Konstancja Brzęczyszczykiewicz " + strconv.Itoa(n), Number: "ces/running-promotion/9F2B7D61", Hours: "12.5", From: "2010-02-15", To: "2010-02-19"})
	}
	out[0].From = out[0].To
	return out
}

// columnsExample is the page of a file of a known tool, with formats, values and constants.
func columnsExample(d *project.Definition) Columns {
	media := schema.Builtin().Kind(schema.Media)
	c := Columns{Definition: d, Upload: "01U1", Filename: "monitoring-2010-01-eksport-wszystkich-publikacji.csv", Kinds: schema.Builtin().Kinds, Kind: media, Header: 1, ID: "monitoring", Skip: `row["Data"] == "Razem"`, Tool: "Meltwater", Today: "2010-01-20", Once: "01O1"}
	for _, f := range media.Fields {
		c.Fields = append(c.Fields, &f)
	}
	c.Columns = []FileColumn{
		{Place: 0, Name: "Data", Field: "date", Format: "DD.MM.YYYY", Formats: true, Examples: []string{"21.01.2010", "22.01.2010"}},
		{Place: 1, Name: "Typ medium", Field: "medium", Values: []FileValue{{Theirs: "Gazetka", Ours: "press", Options: []schema.Option{{ID: "press"}, {ID: "web"}}}, {Theirs: "Portal", Options: []schema.Option{{ID: "web"}}}}},
		{Place: 2, Name: "Zasięg", Field: "reach", Formats: true, Adds: true, Summed: true}, {Place: 3},
	}
	c.Rows = []FileRow{{Row: 2, Cells: []FileCell{{Text: "21.01.2010"}, {Text: "Gazetka"}, {Text: "dobra"}, {}}}}
	c.Constants = []*schema.Field{media.Field("outlet"), media.Field("medium")}
	c.Values = map[string]string{"medium": "web"}
	return c
}
