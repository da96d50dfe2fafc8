# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For the cases of messengers: what crm-ingest makes of standard input (or files), without
# being told the channel, and as records without the ids that the store gives. Each `in` was
# written for its case after the format's documentation.
crm-init -q
told() { # told [FILE…]
	crm-ingest "${@:--}" >records
	status=$?
	jq -c 'del(.id, .profile, .person, .new, .conversation, .channel, .line)' records
	return $status
}
