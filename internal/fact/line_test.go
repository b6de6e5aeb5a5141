package fact

import "testing"

func TestEachRowOfAFileHasANumberOfItsOwn(t *testing.T) {
	t.Parallel()
	seen, last := map[int]bool{}, 0
	for _, sheet := range []int{0, 1, 2, 999} {
		for _, row := range []int{1, 2, 200_001, 1 << 20} {
			n := LineNumber(sheet, row)
			if seen[n] || n <= last || n > 1<<31-1 || RowOf(n) != row || SheetOf(n) != sheet || sheet == 0 && n != row {
				t.Errorf("row %d of sheet %d is %d, after %d: row %d of sheet %d", row, sheet, n, last, RowOf(n), SheetOf(n))
			}
			seen[n], last = true, n
		}
	}
}
