package physics

// noise returns a number in [-1, 1) that depends on nothing but its arguments
// (splitmix64), so that no call order can change the trajectory.
func noise(seed, stream, k uint64) float64 {
	x := seed + stream*0x9e3779b97f4a7c15 + k*0xd1b54a32d192ed03
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	return float64(x>>11)/(1<<52) - 1
}

// waveSteps is the distance between the supporting points of wave: 5 s.
const waveSteps = 250

// wave is noise that moves slowly: straight lines between one random value
// every five seconds.
func wave(seed, stream, k uint64) float64 {
	a := noise(seed, stream, k/waveSteps)
	b := noise(seed, stream, k/waveSteps+1)
	f := float64(k%waveSteps) / waveSteps
	return a + (b-a)*f
}

// The streams of noise. Node i's own are nodeStream + i.
const (
	streamOffered = iota + 1
	streamJitter
	nodeStream = 16
	streamLoss = 1 << 20 // beyond those of all nodes, added to theirs
)
