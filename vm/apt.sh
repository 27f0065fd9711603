# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Debian packages without installing them: apt on lists of its own, so that no root is needed and the host's package
# state stays untouched.

# work, a directory for temporary files, is the caller's.
# shellcheck disable=SC2154

apt_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_codename: this machine's Debian release.
apt_codename()
{
	local name

	# shellcheck source=/dev/null
	name=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	case $name in
	bookworm | trixie) echo "$name" ;;
	*) die "this is not Debian 12 or 13: Debian's kernels are fetched by their apt only" ;;
	esac
}

# apt_sources SUITE: sources.list lines for a Debian release (with its updates) or for RELEASE-backports, from the mirrors
# that this machine's apt uses for its own release.
apt_sources()
{
	local host updates='(-security|-updates)?'

	host=$(apt_codename) || return
	# Backports lie on the mirror of the release itself.
	[[ $1 != *-backports ]] || updates=
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
		sed -nE "s/^([^ ]+) ($host|stable|oldstable)($updates)$/\1 $1\3/p" |
		sort -u |
		sed "s|^|deb [signed-by=$apt_keyring] |; s|\$| main|"
}

# apt COMMAND...: runs an apt tool on the lists in $work.
apt()
{
	local tool=$1
	shift
	"$tool" -qq \
		-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State="$work/state" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
		-o APT::Sandbox::User="$(id -un)" -o APT::Architecture=amd64 -o APT::Architectures=amd64 \
		-o Acquire::Retries=1 -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15 "$@"
}

# apt_open SUITE: sets $work up for apt, with the lists that apt_sources has for it.
apt_open()
{
	mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial
	touch "$work/status"
	apt_sources "$1" > "$work/sources.list"
	[ -s "$work/sources.list" ] || die "apt's sources name no suite of $(apt_codename): add one to /etc/apt"
	apt apt-get update 2> "$work/errors" || true
	! grep -q NO_PUBKEY "$work/errors" ||
		die "$apt_keyring lacks the key that signs $1: update the package debian-archive-keyring"
}

# apt_libraries PACKAGE...: these, and the packages of libraries that they depend on, directly or not. A name that ends with a
# star stands for the newest of its kind: names of libraries tell their version.
apt_libraries()
{
	local name names=()

	for name; do
		if [[ $name == *\* ]]; then
			name=$(apt apt-cache pkgnames "${name%\*}" | grep -E "^${name%\*}[0-9-]*$" | sort -V | tail -n 1)
		fi
		names+=("$name")
	done
	{
		printf '%s\n' "${names[@]}"
		apt apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
			--no-enhances "${names[@]}" | grep -E '^lib[^ ]*$' | grep -v -e '-dev$'
	} | sort -u
}

# apt_download PACKAGE...: leaves the packages in $work.
apt_download()
{
	(cd "$work" && apt apt-get download "$@" 2> "$work/errors") ||
		die "cannot download $*, try again when the network works: $(apt_error)"
}

# apt_error: what apt complained of first.
apt_error()
{
	grep -m 1 '^[EW]:' "$work/errors" || true
}
