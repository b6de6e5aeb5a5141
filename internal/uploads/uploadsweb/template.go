package handler

import (
	"bytes"

	"outreach/internal/importer/blank"
	"outreach/internal/report/workbook"
	"outreach/internal/schema"
	"outreach/internal/uploads"
	"outreach/internal/web"
)

// wanted is the kind of file that a template is asked for: a partner's are media, of which nothing need be said.
func wanted(c *web.Call) (*schema.Kind, error) {
	own, err := owner(c)
	if err != nil {
		return nil, err
	}
	asked := c.URL.Query().Get("kind")
	if asked == "" {
		return schema.Builtin().Kind(schema.Media), nil
	}
	list := schema.Builtin().Kind(schema.Media).Plural
	if own == uploads.Office {
		list = ""
		for i, k := range schema.Builtin().Kinds {
			list += [2]string{"", ", "}[min(i, 1)] + k.Plural
		}
	}
	kind := schema.Builtin().Plural(asked)
	switch {
	case kind == nil:
		return nil, web.Invalid(schema.Problem{Field: "kind", Code: schema.NotInList, Args: map[string]string{"list": list}})
	case own != uploads.Office && kind != schema.Builtin().Kind(schema.Media):
		return nil, web.Invalid(schema.Problem{Field: "kind", Code: schema.NotAllowed})
	}
	return kind, nil
}

func templateCSV(c *web.Call) error {
	kind, err := wanted(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := blank.Of(kind, c.Defined.Definition, c.Today(), c.Language).CSV(&b); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", templateName(c, kind)+".csv", b.Bytes())
}

func templateXLSX(c *web.Call) error {
	kind, err := wanted(c)
	if err != nil {
		return err
	}
	title := c.Defined.Definition.Title.In(c.Language) + ": " + c.Messages().Say("kinds."+kind.Plural)
	var b bytes.Buffer
	if err := blank.Of(kind, c.Defined.Definition, c.Today(), c.Language).XLSX(&b, title, c.Site.DB.Now()); err != nil {
		return err
	}
	return c.Download(workbook.MediaType, templateName(c, kind)+".xlsx", b.Bytes())
}

func templateName(c *web.Call, kind *schema.Kind) string { return c.Project + "-" + kind.Plural }
