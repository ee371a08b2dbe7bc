	# One systemd unit: looked at, and restarted.
	#
	#   it reads  2 lines   look or restart, and the unit
	#   it says   unit, properties as NAME=VALUE, eou
	#   restart:
	#   it says   ready
	#   it reads  go
	#   it says   go, what systemctl said, done RC; the unit once more
	#
	# systemctl hands the job to systemd and does not wait for it: what becomes of
	# it is seen by looking.
	IFS= read -r verb && IFS= read -r unit || exit 0
	need systemctl
	look() {
		say unit
		systemctl show -p Id,LoadState,ActiveState,SubState,Result,MainPID,NRestarts,InvocationID \
			-p ExecMainStartTimestampMonotonic,ActiveEnterTimestampMonotonic "$unit"
		say eou "$?"
	}
	look
	case $verb in
	restart)
		say ready
		IFS= read -r order && [ "$order" = go ] || exit 0
		trap '' HUP INT TERM PIPE
		say go
		systemctl --no-ask-password --no-block restart "$unit"
		say "done" "$?"
		look
		;;
	esac
	say end
}
stemetop "$1"; exit
