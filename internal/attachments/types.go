package attachments

import (
	"bytes"
	"mime"
	"path"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// MostBytes is the maximum size of a file.
const MostBytes = 20 << 20

// headBytes is how much of a file is read to recognise its type.
const headBytes = 4 << 10

const pdf = "application/pdf"

// format is a type of file that is accepted.
type format struct {
	Type       string
	extensions []string // the usual one first
	picture    bool     // browsers show it, and run nothing in it
}

// formats are photos and documents. Nothing that a browser would run is among them: neither HTML nor SVG.
var formats = []format{
	{"image/jpeg", []string{".jpg", ".jpeg", ".jpe"}, true},
	{"image/png", []string{".png"}, true},
	{"image/webp", []string{".webp"}, true},
	{"image/heic", []string{".heic", ".heif"}, false},
	{"image/heif", []string{".heif", ".heic"}, false},
	{pdf, []string{".pdf"}, false},
	{"application/vnd.oasis.opendocument.text", []string{".odt"}, false},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{".docx"}, false},
}

// judge returns the type of a file by its first bytes, "" for one that is not accepted. Names and what the sender says
// are not asked.
func judge(head []byte) string {
	found := mimetype.Detect(head[:min(len(head), headBytes)])
	for _, f := range formats {
		// A PDF is found behind other content too, which another program may run: it has to be at the beginning.
		if found.Is(f.Type) && (f.Type != pdf || bytes.HasPrefix(head, []byte("%PDF-"))) {
			return f.Type
		}
	}
	return ""
}

// Accept returns the attribute accept of a form's field.
func Accept() string {
	var all []string
	for _, f := range formats {
		all = append(all, f.Type)
		all = append(all, f.extensions...)
	}
	return strings.Join(all, ",")
}

// Disposition returns the header Content-Disposition of an attachment: pictures are shown, all else is saved. Its name
// has an extension of its type, whatever the sender called it.
func (a Attachment) Disposition() string {
	how, name := "attachment", a.Name
	if i := slices.IndexFunc(formats, func(f format) bool { return f.Type == a.Type }); i >= 0 {
		f := formats[i]
		if f.picture {
			how = "inline"
		}
		if !slices.Contains(f.extensions, strings.ToLower(path.Ext(name))) {
			name += f.extensions[0]
		}
	}
	return mime.FormatMediaType(how, map[string]string{"filename": name})
}
