package schema

import "strings"

// File is a photo or a document, kept beside the record: the value is the random id under which it was sent. Rules can
// ask whether there is one; files of rows have no column for it.
var File = &Type{Name: "file", wrong: NotInList, parse: parseFile}

// HintFile is the hint of problems with files.
const HintFile = "file"

func parseFile(_ *Field, value string, _ Scope) (string, *Problem) {
	if !isFileID(value) {
		return "", &Problem{Code: NotInList, Hint: HintFile}
	}
	return value, nil
}

// isFileID reports whether a text is the id of a file, a ULID: 26 characters of Crockford's alphabet.
func isFileID(value string) bool {
	return len(value) == 26 && value[0] <= '7' && strings.Trim(value, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == ""
}

// Files returns the fields of the kind that hold files.
func (k *Kind) Files() []*Field {
	var out []*Field
	for i := range k.Fields {
		if k.Fields[i].Type == File {
			out = append(out, &k.Fields[i])
		}
	}
	return out
}

// NeedsFile returns the first field of the kind that each record needs and files of rows cannot have, or nil: records
// of such a kind are typed, never uploaded.
func (k *Kind) NeedsFile() *Field {
	for _, f := range k.Files() {
		if f.Required {
			return f
		}
	}
	return nil
}
