# SPDX-License-Identifier: GPL-2.0-only
#
# How long it takes to find what stands behind an address, from what the kernel's
# function_graph tracer said of that function alone, with marks of vfio-bench
# --marks in it: for each marked DMA map the sum of its calls, in ns, as the
# series of a run. One DMA map may call it once for each piece of memory.

function end(  key)
{
	if (op == "" || !calls)
		return
	key = op "\", \"memory\": \"" memory "\", \"size\": " size
	if (!(key in samples))
		keys[++kinds] = key
	samples[key] = samples[key] (samples[key] == "" ? "" : ", ") sprintf("%.0f", ns)
}

/\/\* begin map-[a-z]+ [^ ]+ [0-9]+ \*\// {
	match($0, /begin .* \*\//)
	split(substr($0, RSTART, RLENGTH), words, " ")
	op = words[2]
	sub(/^map/, "resolve", op)
	memory = words[3]
	size = words[4]
	ns = calls = 0
	next
}
/\/\* end \*\// { end(); op = ""; next }
op != "" && / us +\|/ {
	match($0, /[0-9.]+ us/)
	ns += substr($0, RSTART, RLENGTH - 3) * 1000
	calls++
}
END {
	printf "["
	for (i = 1; i <= kinds; i++)
		printf "%s{\"op\": \"%s, \"ticks\": [%s]}", (i > 1 ? ",\n" : ""),
			keys[i], samples[keys[i]]
	print "]"
}
