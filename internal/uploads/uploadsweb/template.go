package uploadsweb

import (
	"bytes"
	"strings"

	"outreach/internal/importer/blank"
	"outreach/internal/report/workbook"
	"outreach/internal/schema"
	"outreach/internal/uploads"
	"outreach/internal/web"
)

// templateKind returns the kind in the query, or media. A partner may ask for what partners send.
func templateKind(c *web.Call) (*schema.Kind, error) {
	own, err := owner(c)
	if err != nil {
		return nil, err
	}
	kinds := schema.For(c.Defined.Definition)
	asked := c.URL.Query().Get("kind")
	if asked == "" {
		return kinds.Kind(schema.Media), nil
	}
	var list []string
	for _, k := range kinds.Kinds {
		if (own == uploads.Office || k.SentByPartners()) && k.NeedsFile() == nil {
			list = append(list, k.Plural)
		}
	}
	kind := kinds.Plural(asked)
	switch {
	case kind == nil:
		return nil, web.Invalid(schema.Problem{Field: "kind", Code: schema.NotInList, Args: map[string]string{"list": strings.Join(list, ", ")}})
	case own != uploads.Office && !kind.SentByPartners():
		return nil, web.Invalid(schema.Problem{Field: "kind", Code: schema.NotAllowed})
	case kind.NeedsFile() != nil:
		return nil, web.Invalid(schema.Problem{Field: "kind", Code: schema.NotAllowed, Hint: "needs_file"})
	}
	return kind, nil
}

func (h Handlers) templateCSV(c *web.Call) error {
	kind, err := templateKind(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := blank.Of(kind, c.Defined.Definition, c.Today(), c.Language).CSV(&b); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", templateName(c, kind)+".csv", b.Bytes())
}

func (h Handlers) templateXLSX(c *web.Call) error {
	kind, err := templateKind(c)
	if err != nil {
		return err
	}
	title := c.Defined.Definition.Title.In(c.Language) + ": " + kind.LabelIn(c.Messages(), schema.Several)
	var b bytes.Buffer
	if err := blank.Of(kind, c.Defined.Definition, c.Today(), c.Language).XLSX(&b, title, c.Site.DB.Now()); err != nil {
		return err
	}
	return c.Download(workbook.MediaType, templateName(c, kind)+".xlsx", b.Bytes())
}

func templateName(c *web.Call, kind *schema.Kind) string { return c.Project + "-" + kind.Plural }
