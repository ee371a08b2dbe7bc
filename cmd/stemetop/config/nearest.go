package config

// Nearest returns the word of words that is most likely meant by word, and
// whether one is near enough to be worth a question: at most a third of its
// letters differ, two for short words.
func Nearest(word string, words []string) (nearest string, ok bool) {
	best := max(2, len(word)/3) + 1
	for _, w := range words {
		// Two words of one letter are near each other and mean nothing.
		if d := distance(word, w); d < best && d < max(len(w), len(word)) {
			best, nearest, ok = d, w, true
		}
	}
	return nearest, ok
}

// distance is Levenshtein's: the least number of insertions, deletions and
// substitutions that make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
