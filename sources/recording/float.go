package recording

import "math"

// maxDecimals is how many decimals a float is tried with: 10^15 is below 2^53,
// so mantissa and power are exact, and their quotient is the nearest float.
const maxDecimals = 15

// rawForm is the form of a float that is no short decimal: its bits are coded.
const rawForm = maxDecimals + 1

func power(decimals int) float64 {
	return [maxDecimals + 1]float64{
		1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	}[decimals]
}

// decimal returns f as mantissa / 10^decimals if that gives f back to the bit,
// which NaN, the infinities and -0 never do.
func decimal(f float64, decimals int) (mantissa int64, ok bool) {
	const exact = 1 << 53
	m := math.RoundToEven(f * power(decimals))
	if !(math.Abs(m) <= exact) {
		return 0, false
	}
	mantissa = int64(m)
	return mantissa, math.Float64bits(undecimal(mantissa, decimals)) == math.Float64bits(f)
}

func undecimal(mantissa int64, decimals int) float64 { return float64(mantissa) / power(decimals) }

// floatForm returns how f is coded: with prefer decimals if that is exact, since
// a gauge keeps its resolution, else with the fewest that are, else by its bits.
func floatForm(f float64, prefer int) (form int, v uint64) {
	if prefer != rawForm {
		if m, ok := decimal(f, prefer); ok {
			return prefer, uint64(m)
		}
	}
	for d := range maxDecimals + 1 {
		if m, ok := decimal(f, d); ok {
			return d, uint64(m)
		}
	}
	return rawForm, math.Float64bits(f)
}

// floatOf is the inverse of floatForm. An unknown form can only come from a
// damaged file.
func floatOf(form int, v uint64) float64 {
	if form > maxDecimals {
		return math.Float64frombits(v)
	}
	return undecimal(int64(v), form)
}

// rescale turns the mantissa of one form into what it would be in another.
func rescale(v uint64, from, to int) uint64 {
	if from == rawForm || to == rawForm {
		if from == to {
			return v
		}
		return 0
	}
	m := int64(v)
	for ; from < to; from++ {
		m *= 10
	}
	for ; from > to; from-- {
		m /= 10
	}
	return uint64(m)
}
