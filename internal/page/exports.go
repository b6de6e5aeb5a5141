package page

// Exports is the page with the register of participants and the definition's exports, each with a form to send another
// system's list, which is compared with the project's own.
type Exports struct {
	Today  string
	Items  []ExportItem
	Chosen string // the export whose form was sent
	Entry  Entry  // with the problems of that form
}

// ExportItem is an export by its id and name.
type ExportItem struct{ ID, Name string }

type exportsPage struct {
	Exports
	Forms []exportForm
}

type exportForm struct {
	ExportItem
	Form form
}

func (e Exports) render(v view) (string, any) {
	out := exportsPage{Exports: e}
	for _, item := range e.Items {
		one := exportForm{ExportItem: item, Form: form{Action: v.Base() + "/exports/" + item.ID + "/comparison"}}
		if item.ID == e.Chosen {
			one.Form.Entry = e.Entry
		}
		out.Forms = append(out.Forms, one)
	}
	return "exports", out
}

// Comparison is the page with what differs between another system's list and the project's own.
type Comparison struct {
	Name, Day          string // of the export; the day of the project's own list
	Theirs, Ours, Same int
	Counts             ComparisonCounts
	Most               int // people in each list, at most
	OnlyTheirs, Twice  []TheirRow
	OnlyOurs           []PersonItem
	Differ             []DifferentPair
	Lacks, Further     []string // columns that their list lacks, and that the export does not have
}

// ComparisonCounts are the lengths of the lists of a Comparison, before they were cut.
type ComparisonCounts struct{ OnlyTheirs, OnlyOurs, Differ, Twice int }

// TheirRow is a row of the other system's list, and what it is called by.
type TheirRow struct {
	Row  int
	Name string
}

// DifferentPair is a person who is in both lists, and the cells that differ.
type DifferentPair struct {
	Row    int
	Person PersonItem
	Cells  []DifferentCell
}

// DifferentCell is a cell that differs.
type DifferentCell struct{ Header, Theirs, Ours string }

func (c Comparison) render(view) (string, any) { return "comparison", c }
