package importer

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"outreach/internal/schema"
)

// Ways to turn a file of another format into one that is read; each is the hint of a message.
const (
	asTable    = ""           // save the table in the program that the file is from
	asWorkbook = "workbook"   // open it in a spreadsheet and save it anew
	unpack     = "packed"     // unpack it and send what is in it
	retype     = "picture"    // it has no table at all
	numbersApp = "numbers"    // export it from Numbers
	unprotect  = "protected"  // save it without a password
	convert    = "structured" // export it as a table
)

// formats are unsupported formats that people send, and their signatures.
var formats = []struct {
	name, signature string
	at              int // bytes before the signature
	way             string
}{
	{name: "PDF", signature: "%PDF-", way: retype},
	{name: "PNG", signature: "\x89PNG\r\n\x1a\n", way: retype},
	{name: "JPEG", signature: "\xff\xd8\xff", way: retype},
	{name: "GIF", signature: "GIF8", way: retype},
	{name: "TIFF", signature: "II*\x00", way: retype},
	{name: "TIFF", signature: "MM\x00*", way: retype},
	{name: "WebP", signature: "WEBP", at: 8, way: retype},
	{name: "HEIC", signature: "ftyphei", at: 4, way: retype},
	{name: "HEIC", signature: "ftypmif", at: 4, way: retype},
	{name: "RTF", signature: `{\rtf`, way: asTable},
	{name: "gzip", signature: "\x1f\x8b", way: unpack},
	{name: "bzip2", signature: "BZh", way: unpack},
	{name: "7z", signature: "7z\xbc\xaf\x27\x1c", way: unpack},
	{name: "RAR", signature: "Rar!\x1a\x07", way: unpack},
	{name: "xz", signature: "\xfd7zXZ\x00", way: unpack},
	{name: "zstd", signature: "\x28\xb5\x2f\xfd", way: unpack},
	{name: "tar", signature: "ustar", at: 257, way: unpack},
	{name: "ZIP", signature: "PK\x05\x06", way: unpack}, // an empty one
	{name: "Parquet", signature: "PAR1", way: convert},
	{name: "SQLite", signature: "SQLite format 3\x00", way: convert},
	{name: "Access", signature: "Standard ", at: 4, way: convert},
	{name: "XLS", signature: "\x09\x00\x04\x00", way: asWorkbook},
	{name: "XLS", signature: "\x09\x02\x06\x00", way: asWorkbook},
	{name: "XLS", signature: "\x09\x04\x06\x00", way: asWorkbook},
	{name: "XLS", signature: "\x09\x08\x08\x00", way: asWorkbook},
	{name: "iCalendar", signature: "BEGIN:VCALENDAR", way: convert},
	{name: "vCard", signature: "BEGIN:VCARD", way: convert},
	{name: "SYLK", signature: "ID;P", way: asWorkbook},
	{name: "DIF", signature: "TABLE\r\n0,1", way: asWorkbook},
	{name: "DIF", signature: "TABLE\n0,1", way: asWorkbook},
}

// wrongFormat returns the fault of a file in an unsupported format, and which way leads out.
func wrongFormat(name, way string) *fault {
	return &fault{row: 1, code: schema.WrongFormat, hint: way, args: map[string]string{"format": name}}
}

// binaryFormat returns the fault of a file that begins with the signature of an unsupported format, else nil.
func binaryFormat(start []byte) *fault {
	for _, f := range formats {
		if bytes.HasPrefix(start[min(f.at, len(start)):], []byte(f.signature)) {
			return wrongFormat(f.name, f.way)
		}
	}
	return nil
}

// archiveFormat returns the fault of an archive that is no workbook, else nil.
func (p parts) archiveFormat() *fault {
	switch {
	case p.has("xl/workbook.bin"):
		return wrongFormat("XLSB", asWorkbook)
	case p.has("xl/workbook.xml"), p.has("_rels/.rels") && !p.has("word/document.xml") && !p.has("ppt/presentation.xml"):
		return nil
	case p.has("word/document.xml"):
		return wrongFormat("DOCX", asTable)
	case p.has("ppt/presentation.xml"):
		return wrongFormat("PPTX", asTable)
	case p.has("index/document.iwa"), p.has("index.zip"):
		return wrongFormat("Numbers", numbersApp)
	case p.has("mimetype") && p.has("content.xml"):
		return wrongFormat("OpenDocument", asTable)
	}
	return wrongFormat("ZIP", unpack)
}

// Forms of texts that are no tables.
var (
	isJSON  = lazily(`^(\{\s*("|\}|$)|\[\s*(\{|\[|"[^"\]]*"\s*[,\]]\s*|\]|-?[0-9]))`)
	isHTML  = lazily(`(?i)^<(!doctype\s+html|html|head|body|table|meta|div)[\s>]`)
	isXML   = lazily(`^<(\?xml|!--|!DOCTYPE|[A-Za-z_][\w.:-]*[\s/>])`)
	isMIME  = lazily(`(?i)^(mime-version|content-type|x-document-type):`)
	ofExcel = lazily(`urn:schemas-microsoft-com:office:spreadsheet|progid="Excel\.Sheet"`)
	isFlat  = lazily(`<(?:[\w-]+:)?document\s[^>]*vnd\.oasis\.opendocument\.spreadsheet`)
	isPart  = lazily(`<(?:[\w-]+:)?document\s`)
)

// sniffed is how much of a text is looked at for its format: the declarations of a flat OpenDocument file are long.
const sniffed = 16 << 10

// textFormat returns the fault of a text that is no table, else nil. It reports whether the text is a flat OpenDocument
// spreadsheet.
func textFormat(body *source) (wrong *fault, flat bool, err error) {
	start := make([]byte, min(body.size, sniffed))
	if _, err := io.ReadFull(body.reader(), start); err != nil {
		return nil, false, err
	}
	if decoded, _, err := transform.Bytes(unicode.BOMOverride(transform.Nop), start); err == nil {
		start = decoded
	}
	text := strings.TrimLeft(string(start), "\ufeff \t\r\n\x00")
	switch {
	case text == "":
		return nil, false, nil
	case isHTML().MatchString(text):
		return wrongFormat("HTML", asWorkbook), false, nil
	case isMIME().MatchString(text):
		return wrongFormat("MHTML", asWorkbook), false, nil
	case isJSON().MatchString(text):
		return wrongFormat("JSON", convert), false, nil
	case !isXML().MatchString(text):
		return nil, false, nil
	case isFlat().MatchString(text), isPart().MatchString(text) && strings.Contains(text, "opendocument.spreadsheet"):
		return nil, true, nil
	case ofExcel().MatchString(text):
		return wrongFormat("XML", asWorkbook), false, nil
	case strings.Contains(strings.ToLower(text), "<html"), strings.Contains(strings.ToLower(text), "<table"):
		return wrongFormat("HTML", asWorkbook), false, nil
	}
	return wrongFormat("XML", convert), false, nil
}

// compoundFormat returns the fault of a compound file: a workbook with a password, a Word document, or a workbook in
// the format before 2007. They are distinguished by the names of streams, in UTF-16.
func compoundFormat(body *source) *fault {
	names := []struct {
		stream string
		fault  *fault
	}{
		{"EncryptedPackage", wrongFormat("XLSX", unprotect)},
		{"WordDocument", wrongFormat("DOC", asTable)},
		{"PowerPoint Document", wrongFormat("PPT", asTable)},
		{"__substg1.0_", wrongFormat("MSG", asTable)},
	}
	buffer := make([]byte, 64<<10)
	reader := body.reader()
	for kept := 0; ; {
		n, err := reader.Read(buffer[kept:])
		for _, name := range names {
			if bytes.Contains(buffer[:kept+n], []byte(strings.Join(strings.Split(name.stream, ""), "\x00"))) {
				return name.fault
			}
		}
		if err != nil {
			return wrongFormat("XLS", asWorkbook)
		}
		const longest = 2 * len("PowerPoint Document")
		kept = copy(buffer, buffer[max(0, kept+n-longest):kept+n])
	}
}

// lazily returns a function that compiles a pattern when it is first called, not at the start of every function.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
