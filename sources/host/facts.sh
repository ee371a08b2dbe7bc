# What rarely changes of a host, a key and its values a line. It is run by sh at
# connect and each half minute, and is free to start a process.
p=$STEMETOP_PROC s=$STEMETOP_SYS w=$STEMETOP_WAL
say() { printf "%s\n" "$*"; }
first() { l=; read -r l <"$1" || [ -n "$l" ]; }
cannot() {
	if [ ! -e "$2" ]; then say "cannot $1 absent"
	elif [ ! -r "$2" ]; then say "cannot $1 denied"
	fi
}
say "clock $(date +%s.%N)"
first "$p/sys/kernel/ostype" && say "os $l"
first "$p/sys/kernel/osrelease" && say "kernel $l"
first "$p/sys/kernel/hostname" && say "hostname $l"
first "$p/sys/kernel/random/boot_id" && say "bootid $l"
say "hz $STEMETOP_HZ"
say "page $STEMETOP_PAGE"
say "dialect $STEMETOP_DIALECT"
for l in ss systemctl journalctl ping mtr traceroute nc timeout getent; do
	command -v "$l" >/dev/null && say "tool $l"
done
n=0
while read -r l _; do
	case $l in
	cpu) ;;
	cpu*) n=$((n + 1)) ;;
	*) break ;;
	esac
done <"$p/stat"
say "cores $n"
for f in uptime stat diskstats net/dev loadavg meminfo; do cannot "$f" "$p/$f"; done
cannot pressure "$p/pressure/io"
# PID 1 always runs: where it can not be seen, /proc hides processes (hidepid).
if [ ! -r "$p/1/comm" ]; then
	if [ -e "$p/uptime" ]; then say "cannot processes denied"; else say "cannot processes absent"; fi
fi
[ -d "$s/block" ] || say "cannot block absent"
set +f
for d in "$s"/block/*; do
	b=${d##*/}
	first "$d/dev" || { say "hide $b"; continue; }
	dev=$l
	# A path of a multipath NVMe namespace, counted by the namespace too.
	first "$d/hidden" && [ "$l" = 1 ] && { say "hide $b"; continue; }
	size=0
	first "$d/size" && size=$l
	rot=-
	first "$d/queue/rotational" && rot=$l
	m=
	first "$d/device/model" && m=$l
	say "disk $b $dev $size $rot $m"
	first "$d/dm/name" && say "dm $b $l"
	for q in "$d"/*/partition; do
		q=${q%/partition}
		first "$q/dev" && say "part ${q##*/} $b $l"
	done
	for q in "$d"/slaves/*; do
		[ -e "$q" ] && say "slave $b ${q##*/}"
	done
done
for q in "$s"/fs/btrfs/*/devices/*; do
	if [ -e "$q" ]; then
		u=${q%/devices/*}
		say "btrfs ${u##*/} ${q##*/}"
	fi
done
# Links that have hardware, or bonds of such: of those without, no speed is real.
for d in "$s"/class/net/*; do
	[ -e "$d/device" ] || [ -e "$d/bonding" ] || continue
	speed=- duplex=-
	first "$d/operstate" || l=-
	state=$l
	first "$d/speed" && speed=$l
	first "$d/duplex" && duplex=$l
	say "link ${d##*/} $state $speed $duplex"
done
set -f
# The addresses by which others may know the host, and those that it knows others by.
sed -n '/32 host LOCAL/{x;s/.*|-- /address /p;x;};h' "$p/net/fib_trie" | head -n 200
sed -n 's/ .*//;s/^/address /p' "$p/net/if_inet6" | head -n 200
if [ -n "$STEMETOP_NAMES" ] && command -v getent >/dev/null; then
	timeout 2 sh -c 'for n; do
		getent ahosts "$n" | while read -r a _; do printf "resolved %s %s\n" "$n" "$a"; done
	done' sh $STEMETOP_NAMES
fi
# The WAL path without symbolic links, or why not.
phys=
if [ -z "$w" ]; then :
elif cd -P "$w"; then phys=$PWD
elif [ -e "$w" ]; then phys=$(readlink -f "$w")
fi
if [ -n "$phys" ]; then say "walpath $phys"
elif [ -n "$w" ]; then
	d=$w
	while [ -n "$d" ] && [ ! -d "$d" ]; do
		case $d in
		*/*) d=${d%/*} ;;
		*) d= ;;
		esac
	done
	if [ -x "${d:-/}" ]; then say "walerror absent $d"; else say "walerror denied $d"; fi
fi
# awk reads the mounts by itself, faster.
if [ -n "$w" ] && [ "$STEMETOP_DIALECT" = sh ]; then
	while IFS= read -r l; do
		set -- $l
		case $phys/ in
		"${5%/}"/*) say "mount $l" ;;
		*) case $5 in
			"$w" | *\\*) say "mount $l" ;;
			esac ;;
		esac
	done <"$p/self/mountinfo"
fi
