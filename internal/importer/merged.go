package importer

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
)

// area is a range of cells: rows from 1 on, columns from 0 on, the last ones included.
type area struct{ from, to, left, right int32 }

// rangeOf reads a reference such as B2:D5, or B2.
func rangeOf(ref []byte) (a area, ok bool) {
	first, last, two := bytes.Cut(ref, []byte{':'})
	if !two {
		last = first
	}
	left, from, ok := placeOf(first)
	if !ok {
		return a, false
	}
	right, to, ok := placeOf(last)
	if !ok || from > to || left > right || to > maxSheetRows {
		return a, false
	}
	return area{from: int32(from), to: int32(to), left: int32(left), right: int32(right)}, true
}

// placeOf reads the reference of a cell.
func placeOf(ref []byte) (column, row int, ok bool) {
	ref = bytes.ReplaceAll(ref, []byte{'$'}, nil)
	if column, ok = columnOf(ref); !ok {
		return 0, 0, false
	}
	row, err := strconv.Atoi(string(bytes.TrimLeft(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")))
	return column, row, err == nil && row > 0
}

// merged are the merged ranges of a sheet. Each gives the value of its first cell to all its rows.
type merged struct {
	ranges []area // by their first row; those that were begun are removed
	active []mergedValue
}

type mergedValue struct {
	area
	value cell
}

func (m *merged) sort() {
	slices.SortFunc(m.ranges, func(a, b area) int { return cmp.Compare(a.from, b.from) })
}

// apply sets the values of merged ranges in the cells of a row, and returns them. Rows must come from top to bottom. It
// counts the cells that it sets.
func (m *merged) apply(row int, cells []cell, count *int) ([]cell, error) {
	number := int32(row)
	for len(m.ranges) > 0 && m.ranges[0].from <= number {
		begun := mergedValue{area: m.ranges[0]}
		m.ranges = m.ranges[1:]
		if begun.to < number || begun.left >= mostColumns {
			continue
		}
		if begun.from == number && int(begun.left) < len(cells) {
			begun.value = cells[begun.left]
		}
		begun.value.merged = !begun.value.blank()
		if m.active = append(m.active, begun); len(m.active) > mostColumns {
			return nil, errMalformed // they overlap
		}
	}
	if len(m.active) == 0 {
		return cells, nil
	}
	m.active = slices.DeleteFunc(m.active, func(v mergedValue) bool { return v.to < number })
	if *count += len(m.active); *count > maxCells {
		return nil, errTooLarge
	}
	for _, v := range m.active {
		for len(cells) <= int(v.left) {
			cells = append(cells, cell{})
		}
		cells[v.left] = v.value
		cells[v.left].own = v.from == number
		for i := int(v.left) + 1; i <= min(int(v.right), len(cells)-1); i++ {
			cells[i] = cell{} // what is below the range is not seen
			if *count++; *count > maxCells {
				return nil, errTooLarge
			}
		}
	}
	return cells, nil
}
