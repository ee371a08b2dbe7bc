package runbook

import "testing"

func TestCapacityIsNeverNothing(t *testing.T) {
	for bytes, want := range map[uint64]string{
		314_572_800: "0.3 GB", 2_147_483_648: "2.1 GB", 9_940_000_000: "9.9 GB", 9_960_000_000: "10 GB",
		480_103_981_056: "480 GB", 999_600_000_000: "1.0 TB", 4_000_787_030_016: "4.0 TB",
	} {
		if got := capacity(bytes); got != want {
			t.Errorf("%d bytes: %q, want %q", bytes, got, want)
		}
	}
}
