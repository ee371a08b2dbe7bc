package runbook

import (
	"math"
	"slices"
)

func mean(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

func rms(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum / float64(len(v)))
}

func reverse(v []float64) { slices.Reverse(v) }

// median returns the middle of v, or the mean of the two middle ones, and leaves
// v in another order. v is not empty.
func median(v []float64) float64 {
	n := len(v)
	if n <= 16 {
		insertionSort(v)
	} else {
		quickselect(v, n/2)
	}
	if n%2 == 1 {
		return v[n/2]
	}
	below := v[0]
	for _, x := range v[:n/2] {
		below = max(below, x)
	}
	return (below + v[n/2]) / 2
}

func insertionSort(v []float64) {
	for i := 1; i < len(v); i++ {
		for j := i; j > 0 && v[j] < v[j-1]; j-- {
			v[j], v[j-1] = v[j-1], v[j]
		}
	}
}

// quickselect puts the k-th smallest of v at its place, none greater before it
// and none smaller after it. The standard library has no selection, and sorting
// all pairs would cost five times as much.
func quickselect(v []float64, k int) {
	lo, hi := 0, len(v)-1
	for lo < hi {
		pivot := middle(v[lo], v[(lo+hi)/2], v[hi])
		i, j := lo, hi
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return
		}
	}
}

func middle(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }
