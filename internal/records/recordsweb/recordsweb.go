package recordsweb

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/text"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// list lists the records that the caller may see.
func (h Handlers) list(c *web.Call) error {
	return h.showList(c, http.StatusOK, page.Entry{}, nil)
}

// showList lists the records that the caller may see: for browsers with a form for the next one, which shows an entry
// with its problems. Candidates are the people of whom an adviser's form asks which one was meant.
func (h Handlers) showList(c *web.Call, status int, entry page.Entry, candidates []page.Suggestion) error {
	owner, err := h.owner(c)
	if err != nil {
		return err
	}
	found, err := h.records.TypedRecords(c.Context(), c.Project, h.kind, owner, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	views, err := h.views(c, found.Items)
	if err != nil {
		return err
	}
	if !c.Page {
		items := make([]shape.Merged, len(views))
		for i, v := range views {
			items[i] = v.json(h.kind)
		}
		return c.List(items, found.Next)
	}
	if entry.IdempotencyKey == "" {
		entry.IdempotencyKey = c.Site.DB.NewID()
	}
	if entry.Values == nil {
		entry.Values = h.preselect(c, views)
	}
	if h.forAdviser(c) {
		return h.showAdviserPage(c, status, entry, candidates, found, views)
	}
	content := page.Records{Kind: h.kind, Definition: c.Defined.Definition, Entry: entry, Today: c.Today(), Next: c.NextAddress(found.Next)}
	if content.Files, err = h.fileNames(c, shownRows(views), entry); err != nil {
		return err
	}
	for _, v := range views {
		item := page.Record{ID: v.ID, Row: v.row, Who: v.who(), Partner: v.ofPartner()}
		if c.HasRole(web.Coordinator) && !v.erased {
			item.Person = v.person.ID
		}
		content.Items = append(content.Items, item)
	}
	return c.Show(status, content)
}

// owner returns whose records alone the caller sees: their partner's, or their own as an adviser by their staff id; ""
// for a coordinator, who sees all.
func (h Handlers) owner(c *web.Call) (string, error) {
	switch {
	case c.HasRole(web.Coordinator):
		return "", nil
	case h.kind.SentByPartners() && c.HasRole(web.Partner):
		return c.Partner()
	}
	return c.Staff()
}

// preselect returns the first values of a form: today, and the choices of the last record.
func (h Handlers) preselect(c *web.Call, last []view) map[string]string {
	values := map[string]string{"date": c.Today()}
	if len(last) > 0 {
		for i := range h.kind.Fields {
			if f := &h.kind.Fields[i]; f.Type == schema.Choice || f.Name == "minutes" {
				values[f.Name] = last[0].row[i]
			}
		}
	}
	return values
}

// create stores a record. It is idempotent by the request's key.
func (h Handlers) create(c *web.Call) error {
	body, err := h.read(c)
	if err != nil {
		return err
	}
	var before records.Typed
	if done, err := c.Site.DB.Answered(c.Context(), body.Once, &before); err != nil {
		return err
	} else if done {
		return h.created(c, body, before, schema.PersonRef{})
	}
	badFiles, err := h.keepFiles(c, body)
	if err != nil {
		return err
	}
	values := body.Values()
	known, candidates, err := h.findPerson(c, body)
	var draft records.Draft
	if err == nil {
		draft, err = h.draft(c, body, "")
	}
	err = withProblems(err, badFiles)
	if draft.Sent != nil {
		*draft.Sent = draft.Sent.Or(known)
	}
	if err == nil {
		var t records.Typed
		if t, err = h.records.Create(c.Context(), c.Project, draft, body.Once); err == nil {
			return h.created(c, body, t, draft.Named)
		}
		err = invalidFile(err, "")
	}
	return h.formProblem(c, body, values, err, func(status int, e page.Entry) error { return h.showList(c, status, e, candidates) })
}

// findPerson resolves the one field by which an adviser's form names the person, and returns what the adviser knows of
// one who was named by name. Where several may be meant it returns them, and an error.
func (h Handlers) findPerson(c *web.Call, body web.Body) (known people.PersonView, candidates []page.Suggestion, err error) {
	if !body.Form || !h.forAdviser(c) {
		return known, nil, nil
	}
	staff, err := c.Staff()
	if err != nil {
		return known, nil, err
	}
	return h.resolveName(c, body, staff)
}

// formProblem renders a browser's form with what was typed and what is wrong; a program gets the error.
func (h Handlers) formProblem(c *web.Call, body web.Body, values map[string]string, err error, show func(int, page.Entry) error) error {
	if !c.Page || !body.Form {
		return err
	}
	entry := page.Entry{Values: values}
	if problems, ok := web.Problems(err); ok {
		entry.Problems = problems
		return show(http.StatusUnprocessableEntity, entry)
	}
	var exists *records.Exists
	switch {
	case errors.As(err, &exists):
		entry.Problems = []schema.Problem{{Code: "exists", Args: map[string]string{"id": exists.ID}}}
	case errors.Is(err, people.ErrTwoPeople):
		entry.Problems = []schema.Problem{{Field: "person", Code: schema.TwoPeople}}
	case errors.Is(err, people.ErrWhichPerson):
		entry.Problems = []schema.Problem{{Field: "person", Code: schema.WhichPerson}}
	case errors.Is(err, store.ErrStale):
		// What was typed stays: saving it once more replaces the version that was saved meanwhile.
		entry.Problems = []schema.Problem{{Code: "stale"}}
		return show(http.StatusPreconditionFailed, entry)
	default:
		return err
	}
	return show(http.StatusConflict, entry)
}

// created answers a request that stored a record.
// named is whom its body names.
func (h Handlers) created(c *web.Call, body web.Body, t records.Typed, named schema.PersonRef) error {
	switch {
	case c.Page && body.Form && h.forAdviser(c):
		return c.Redirect("/" + c.Project + "/" + h.kind.Path + "?saved=" + t.ID)
	case c.Page && body.Form:
		return c.Redirect("/" + c.Project + "/" + h.kind.Path + "?done=" + saved(c, h.kind, t.Values))
	}
	return h.answer(c, http.StatusCreated, t, named)
}

// remarks returns what is to be checked about the values of a record, as it would be in a file.
func remarks(c *web.Call, kind *schema.Kind, values schema.Values) (out []schema.Problem) {
	for i := range kind.Fields {
		field := &kind.Fields[i]
		if problem := field.Remark(values.Get(field.Name), c.Defined.Definition); problem != nil {
			out = append(out, *problem)
		}
	}
	return out
}

// saved returns the message of a form whose record was saved, with the first thing that is to be checked about it.
func saved(c *web.Call, kind *schema.Kind, values schema.Values) string {
	if all := remarks(c, kind, values); len(all) > 0 {
		return "saved." + all[0].Code
	}
	return "saved"
}

// answer answers with a record and its ETag, and warns a coordinator where the person whom its body named has another
// name.
func (h Handlers) answer(c *web.Call, status int, t records.Typed, named schema.PersonRef) error {
	views, err := h.views(c, []records.Typed{t})
	if err != nil {
		return err
	}
	if c.HasRole(web.Coordinator) && views[0].person.OtherName(named) {
		problem := schema.Problem{Field: "person.first_name", Code: schema.OtherName}
		views[0].warnings = []warning{{Field: problem.Field, Code: problem.Code, Message: c.Messages().Problem(problem)}}
	}
	for _, problem := range remarks(c, h.kind, t.Values) {
		views[0].warnings = append(views[0].warnings, warning{Field: problem.Field, Code: problem.Code, Message: c.Messages().Problem(problem)})
	}
	c.W.Header().Set("ETag", t.ETag())
	if status == http.StatusCreated {
		c.W.Header().Set("Location", "/"+c.Project+"/"+h.kind.Path+"/"+t.ID)
	}
	return c.JSON(status, views[0].json(h.kind))
}

// draft validates a body and resolves the person it is about. id is that of the record, "" for a new one.
func (h Handlers) draft(c *web.Call, body web.Body, id string) (records.Draft, error) {
	reason := body.Take(h.kind.ReasonName())
	partner, moves, bad := h.takePartner(c, body)
	draft, err := h.draftOf(c, body.Given, body.Form, reason, id, "")
	if h.kind.ByPartner {
		draft.Partner, draft.Under, draft.Moves = h.kind.TypedOwner(partner), partner, moves
	}
	return draft, withProblems(err, bad)
}

// takePartner removes from a body whose record it is, of a kind whose records are one partner's each: the caller's own
// partner, or the one that the office names, "" for the office itself. It reports whether the body names one.
func (h Handlers) takePartner(c *web.Call, body web.Body) (partner string, named bool, bad []schema.Problem) {
	name := h.kind.PartnerName()
	if name == "" {
		return "", false, nil
	}
	given, named := body.Given[name]
	delete(body.Given, name)
	partner, isText := given.(string)
	partner = strings.TrimSpace(partner)
	unknown := schema.Problem{Field: name, Code: schema.NotInList}
	for _, p := range c.Defined.Definition.Partners {
		unknown.Options = append(unknown.Options, text.Choice{ID: p.ID, Label: project.SameInAllLanguages(p.Name), ByID: !body.Form})
	}
	if given != nil && !isText {
		return "", true, []schema.Problem{unknown}
	}
	if !c.HasRole(web.Coordinator) {
		own, err := c.Partner()
		if err != nil || partner != "" && partner != own {
			bad = []schema.Problem{{Field: name, Code: schema.NotAllowed}}
		}
		return own, false, bad
	}
	if _, known := c.Defined.Definition.Partner(partner); partner != "" && !known {
		bad = []schema.Problem{unknown}
	}
	return partner, named, bad
}

// correction returns the draft of a record's next version. An erased person can no longer be named: their record may be
// corrected without naming anybody, or by the id that it has. So may in a form that of a person of whom an adviser sees
// no more than the id.
func (h Handlers) correction(c *web.Call, body web.Body, before records.Typed) (records.Draft, error) {
	if before.Person != "" && (body.Form || h.namesNoOther(body.Given, before.Person)) {
		if body.Form && before.OnlySent && h.forAdviser(c) && h.namesNoOther(body.Given, before.Person) {
			body.Given["person"] = map[string]any{"id": before.Person}
		}
		found, err := h.people.Persons(c.Context(), c.Project, []string{before.Person})
		if err != nil {
			return records.Draft{}, err
		}
		who, ok := found[before.Person]
		if ok && body.Form && h.namesAsBefore(body.Given, who) {
			// The form still names whom the record is about, though others may share the keys.
			h.nameByID(body.Given, before.Person)
		}
		if !ok && h.namesNoOther(body.Given, before.Person) {
			reason := body.Take(h.kind.ReasonName())
			h.nameByID(body.Given, before.Person)
			return h.draftOf(c, body.Given, body.Form, reason, before.ID, before.Person)
		}
	}
	return h.draft(c, body, before.ID)
}

// nameByID replaces what a form says of its person by their id.
func (h Handlers) nameByID(given schema.Given, id string) {
	for _, f := range slices.Concat(h.kind.PersonKeys().Fields, h.kind.PersonKeys().Names()) {
		delete(given, f.Name)
	}
	given["person"] = map[string]any{"id": id}
}

// namesAsBefore reports whether a form has the keys that it was shown with.
func (h Handlers) namesAsBefore(given schema.Given, who people.Person) bool {
	shown := keyValues(h.kind, who)
	for _, f := range slices.Concat(h.kind.PersonKeys().Fields, h.kind.PersonKeys().Names()) {
		value, sent := given[f.Name].(string)
		if value != shown[f.Name] || !sent && h.kind.PersonKeys().Has(f.Name) {
			return false
		}
	}
	return given["person"] == nil
}

// keyValues returns how a form names a person, by field.
func keyValues(k *schema.Kind, p people.Person) map[string]string {
	out := map[string]string{}
	who := p.View()
	for _, f := range k.PersonKeys().Fields {
		out[f.Name] = who.Key(f.Name)
	}
	if k.PersonKeys().Name && strings.Join(slices.Collect(maps.Values(out)), "") == "" {
		out["first_name"], out["last_name"], out["birth_year"] = p.FirstName, p.LastName, p.BirthYear
	}
	return out
}

// namesNoOther reports whether a body names no one, or the person with the id.
func (h Handlers) namesNoOther(given schema.Given, id string) bool {
	for _, key := range h.kind.PersonKeys().Fields {
		if value := given[key.Name]; value != nil && value != "" {
			return false
		}
	}
	switch who := given["person"].(type) {
	case nil:
		return true
	case string:
		return who == ""
	case map[string]any:
		return len(who) == 0 || len(who) == 1 && (who["id"] == id || who["id"] == "")
	}
	return false
}

// draftOf validates the fields of one record and resolves the person it is about. Loose reads values as people write
// them in a form. id is that of the record, "" for a new one. Erased is the id of the person where they were erased,
// else "": then no one is resolved. Bad values are one error with all problems.
func (h Handlers) draftOf(c *web.Call, given schema.Given, loose bool, reason, id, erased string) (records.Draft, error) {
	entry, problems := h.kind.Read(given, c.Scope(loose))
	draft := records.Draft{Kind: h.kind, Named: entry.Person, Row: entry.Row, Reason: reason, Derived: schema.OfPesel(c.Defined.Definition, entry.Person.Pesel)}
	if at := h.kind.Index("adviser"); at >= 0 {
		named := entry.Row[at]
		if named != "" && named != c.StaffName() && !c.HasRole(web.Coordinator) {
			problems = append(problems, schema.Problem{Field: "adviser", Code: schema.NotAllowed})
		}
		if named == "" {
			entry.Row[at] = c.StaffName()
		}
	}
	bad, err := h.checkFiles(c, &draft, id)
	if err != nil {
		return draft, err
	}
	problems = append(problems, bad...)
	if len(problems) > 0 {
		return draft, web.Invalid(problems...)
	}
	about := h.kind.Person && !entry.Person.Empty()
	if about && !c.HasRole(web.Coordinator) {
		draft.Sent = sentView(entry.Person)
	}
	switch {
	case erased != "":
		draft.Person = erased
	case about:
		draft.Person, err = h.people.Resolve(c.Context(), c.Project, entry.Person, people.Names{})
		if errors.Is(err, store.ErrNotFound) {
			return draft, web.Invalid(schema.Problem{Field: "person.id", Code: schema.NotInList, Hint: "person"})
		}
		if err != nil {
			return draft, err
		}
	}
	if err := h.nameStaff(c, draft.Row); err != nil {
		return draft, err
	}
	if draft.By, err = c.Staff(); err != nil || h.kind.Index("adviser") >= 0 {
		return draft, err
	}
	if draft.Under, err = h.owner(c); draft.Under != "" && h.kind.SentByPartners() && c.HasRole(web.Partner) {
		draft.Partner = draft.Under
	}
	return draft, err
}

// sentView returns what a reference says of a person by its keys. A name is shown only where it is the key.
func sentView(ref schema.PersonRef) *people.PersonView {
	v := &people.PersonView{Email: ref.Email, Pesel: ref.Pesel, Further: ref.Further.With(project.KeyName, "")}
	if ref.Key(project.KeyName) != "" {
		v.FirstName, v.LastName = ref.FirstName, ref.LastName
	}
	return v
}

// nameStaff replaces the e-mail addresses of staff in a row by their random ids.
func (h Handlers) nameStaff(c *web.Call, row schema.Row) error {
	for i := range h.kind.Fields {
		if h.kind.Fields[i].Privacy == schema.Staff {
			id, err := h.staff.Staff(c.Context(), c.Project, row[i])
			if err != nil {
				return err
			}
			row[i] = id
		}
	}
	return nil
}

// one shows, replaces or voids one record.
func (h Handlers) one(c *web.Call) error {
	var body web.Body
	if c.Method != http.MethodGet {
		var err error
		if body, err = h.read(c); err != nil {
			return err
		}
	}
	staff, err := c.Staff()
	if err != nil {
		return err
	}
	owner, err := h.owner(c)
	if err != nil {
		return err
	}
	may := func(t records.Typed) bool { return ownedBy(t, owner) }
	id := c.PathValue("id")
	switch body.Method(c) {
	case http.MethodPut:
		return h.replace(c, body, id, may)
	case http.MethodDelete:
		draft := records.Draft{Kind: h.kind, By: staff, Reason: body.Take(h.kind.ReasonName())}
		if reason := c.URL.Query().Get(h.kind.ReasonName()); reason != "" {
			draft.Reason = reason
		}
		t, err := h.records.Change(c.Context(), c.Project, h.kind, id, body.IfMatch(c), draft, may)
		switch {
		case err != nil:
			return err
		case c.Page && body.Form:
			return c.Redirect("/" + c.Project + "/" + h.kind.Path + "?done=voided")
		}
		return c.JSON(http.StatusOK, voided{ID: t.ID, State: "voided"})
	case http.MethodGet:
		t, err := h.records.Typed(c.Context(), c.Project, h.kind, id)
		switch {
		case err != nil:
			return err
		case !may(t):
			return store.ErrNotFound
		case c.Page:
			return h.edit(c, http.StatusOK, t, page.Entry{}, nil)
		}
		return h.answer(c, http.StatusOK, t, schema.PersonRef{})
	}
	return &web.Error{Status: http.StatusMethodNotAllowed, Allow: "GET, PUT, DELETE"}
}

// replace stores the next version of a record, if it still is the one that the caller saw.
func (h Handlers) replace(c *web.Call, body web.Body, id string, may func(records.Typed) bool) error {
	before, err := h.records.Typed(c.Context(), c.Project, h.kind, id)
	if err != nil {
		return err
	}
	if !may(before) {
		return store.ErrNotFound
	}
	badFiles, err := h.keepFiles(c, body)
	if err != nil {
		return err
	}
	values := body.Values()
	if !c.HasRole(web.Coordinator) && h.kind.HasSensitive() {
		texts, err := h.records.Texts(c.Context(), c.Project, []records.Typed{before})
		if err != nil {
			return err
		}
		h.kind.KeepSensitive(body.Given, h.kind.Reveal(before.Values, texts[before.ID]))
	}
	known, candidates, err := h.findPerson(c, body)
	var draft records.Draft
	if err == nil {
		draft, err = h.correction(c, body, before)
	}
	err = withProblems(err, badFiles)
	if err == nil {
		err = h.keepSeen(c, &draft, before, known)
	}
	if err == nil {
		var t records.Typed
		if t, err = h.records.Change(c.Context(), c.Project, h.kind, id, body.IfMatch(c), draft, may); err == nil {
			if c.Page && body.Form {
				return c.Redirect("/" + c.Project + "/" + h.kind.Path + "?done=changed")
			}
			return h.answer(c, http.StatusOK, t, draft.Named)
		}
		err = invalidFile(err, "")
	}
	return h.formProblem(c, body, values, err, func(status int, e page.Entry) error { return h.edit(c, status, before, e, candidates) })
}

// keepSeen lets an adviser see of the person of a corrected record what they saw before, and what they sent now.
func (h Handlers) keepSeen(c *web.Call, draft *records.Draft, before records.Typed, known people.PersonView) error {
	if draft.Sent != nil {
		*draft.Sent = draft.Sent.Or(known)
	}
	if before.Person == "" {
		return nil
	}
	found, err := h.people.Persons(c.Context(), c.Project, []string{before.Person})
	if err != nil || draft.Person != before.Person && draft.Person != found[before.Person].ID {
		return err
	}
	if !before.OnlySent {
		draft.Sent = nil
		return nil
	}
	texts, err := h.records.Texts(c.Context(), c.Project, []records.Typed{before})
	seen := records.Sent(draft.Person, texts[before.ID])
	if draft.Sent != nil {
		seen = draft.Sent.Or(seen)
	}
	draft.Sent = &seen
	return err
}

// edit shows the form of one record.
func (h Handlers) edit(c *web.Call, status int, t records.Typed, entry page.Entry, candidates []page.Suggestion) error {
	if entry.Values == nil {
		views, err := h.views(c, []records.Typed{t})
		if err != nil {
			return err
		}
		entry.Values = views[0].values(h.kind)
	}
	entry.Version = t.ETag()
	files, err := h.fileNames(c, nil, entry)
	if err != nil {
		return err
	}
	return c.Show(status, page.RecordEdit{
		Kind: h.kind, Definition: c.Defined.Definition, ID: t.ID, Entry: entry, Today: c.Today(), OnePerson: h.forAdviser(c), Which: candidates, Files: files,
	})
}

// view is a record with its person and its private texts.
type view struct {
	records.Typed
	row    schema.Row
	person people.Person
	erased bool // the person was erased

	warnings []warning
}

// views joins records with their people and their private texts, in their order.
func (h Handlers) views(c *web.Call, all []records.Typed) ([]view, error) {
	ids := make([]string, 0, len(all))
	var staff []string
	adviser := h.kind.Index("adviser")
	for _, t := range all {
		if t.Person != "" && !slices.Contains(ids, t.Person) {
			ids = append(ids, t.Person)
		}
		if id := t.Values.Get("adviser"); adviser >= 0 && id != "" {
			staff = append(staff, id)
		}
	}
	found, err := h.people.Persons(c.Context(), c.Project, ids)
	if err != nil {
		return nil, err
	}
	emails, err := h.staff.StaffEmails(c.Context(), c.Project, staff)
	if err != nil {
		return nil, err
	}
	texts, err := h.records.Texts(c.Context(), c.Project, all)
	if err != nil {
		return nil, err
	}
	out := make([]view, len(all))
	for i, t := range all {
		row := h.kind.Reveal(t.Values, texts[t.ID])
		if adviser >= 0 {
			row[adviser] = emails[row[adviser]]
		}
		who, there := found[t.Person]
		if !there {
			who = people.Person{ID: t.Person} // erased: only a random id is left
		}
		out[i] = view{Typed: t, row: row, person: who, erased: t.Person != "" && !there}
	}
	if !c.HasRole(web.Coordinator) {
		showSent(out, texts)
		for i := range out {
			out[i].row = h.kind.Unsensitive(out[i].row)
		}
	}
	return out, nil
}

// shownRows returns the rows of records.
func shownRows(views []view) []schema.Row {
	rows := make([]schema.Row, len(views))
	for i, v := range views {
		rows[i] = v.row
	}
	return rows
}

// showSent leaves of the people of an adviser's records what the records may show: all where the office chose the
// person for the adviser, else what the adviser sent, in any of these records.
func showSent(all []view, texts map[string]map[string]string) {
	chosen, sent := map[string]bool{}, map[string]people.PersonView{}
	for _, v := range all {
		id := v.person.ID
		if !v.OnlySent {
			chosen[id] = true
			continue
		}
		sent[id] = sent[id].Or(records.Sent(id, texts[v.Typed.ID]))
	}
	for i := range all {
		if id := all[i].person.ID; id != "" && !all[i].erased && !chosen[id] {
			seen := sent[id]
			seen.ID = id
			all[i].person = people.Seen(seen)
		}
	}
}

// json returns a record as programs get it.
func (v view) json(k *schema.Kind) shape.Merged {
	if v.Person == "" {
		out := ofNobody{ID: v.ID, Warnings: v.warnings}
		if k.PartnerName() == "partner" {
			out.Partner = v.ofPartner()
		}
		return shape.Merged{Fields: k.JSON(v.row), And: out}
	}
	return shape.Merged{Fields: k.JSON(v.row), And: ofPerson{v.ID, v.person.View(), v.warnings}}
}

// ofPartner returns the partner whose record it is, "" for the office.
func (v view) ofPartner() string { return schema.PartnerOf(v.Partner) }

// who returns the name of the person, else an address or a number; "" where there is no one, or the person was erased.
func (v view) who() string {
	switch {
	case v.person.LastName != "":
		return v.person.FirstName + " " + v.person.LastName
	case v.person.AnyKey() != "":
		return v.person.AnyKey()
	case len(v.person.Pesels) > 0:
		return "PESEL " + v.person.Pesels[0]
	}
	return ""
}

// values returns the record as a form shows it.
func (v view) values(k *schema.Kind) map[string]string {
	out := map[string]string{}
	for i := range k.Fields {
		out[k.Fields[i].Name] = k.Fields[i].Typed(v.row[i])
	}
	for name, text := range keyValues(k, v.person) {
		if text != "" {
			out[name] = text
		}
	}
	out["person"] = cmp.Or(v.person.AnyKey(), v.person.View().Pesel)
	if name := k.PartnerName(); name != "" {
		out[name] = v.ofPartner()
	}
	return out
}
