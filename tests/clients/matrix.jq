# SPDX-License-Identifier: GPL-2.0-only
#
# The matrix, for people, from what cells.jq made: a block for each kernel, a line for each case of a client, a column for each
# strategy, stock first. The last line sums it up.

def pad($width): . + " " * ([$width - length, 0] | max);

# 12345.6 -> "12346", 1.234 -> "1.23"
def short: if . >= 100 then round else . * 100 | round / 100 end | tostring;

# Percent of stock, if that measured the same.
def beside_stock($theirs):
	if .strategy == "stock" or ($theirs | length) == 0 or $theirs[0].value == 0 then ""
	else " (\(100 * .measured[0].value / $theirs[0].value | round) %)" end;

def cell:
	"\(.status) \(.passed)+\(.failed)+\(.skipped)" +
	(if (.measured | length) > 0 then " \(.measured[0].value | short) \(.measured[0].unit)" + beside_stock(.on_stock) else "" end) +
	(if .verdict == "failed" then " !" elif .status == "fail" and .strategy != "stock" then " (as stock)" else "" end);

. as $cells |
([$cells[].strategy] | reduce .[] as $name ([]; if any(.[]; . == $name) then . else . + [$name] end)) as $columns |
([$cells[].kernel] | reduce .[] as $name ([]; if any(.[]; . == $name) then . else . + [$name] end)) as $kernels |
(
	$kernels[] as $kernel |
	[$cells[] | select(.kernel == $kernel)] as $here |
	([$here[] | "\(.client) \(.case)"] | reduce .[] as $name ([]; if any(.[]; . == $name) then . else . + [$name] end)) as $rows |
	([["Linux \($kernel)"] + $columns] +
	 [$rows[] as $row | [$row] + [$columns[] as $column |
		first($here[] | select("\(.client) \(.case)" == $row and .strategy == $column) | cell) // "-"]]) as $table |
	([range($columns | length + 1)] | map(. as $i | [$table[][$i] | length] | max)) as $widths |
	($table[] | [., $widths] | transpose | map(.[0] as $text | .[1] as $width | $text | pad($width)) | join("  ") | sub(" +$"; "")),
	""
),
"Cells: tests passed+failed+skipped, what was measured (in percent of stock), ! where it is worse than stock.",
(
	$cells[] | select(.verdict == "failed") |
	(if .strategy == "stock" then [.tests[] | select(.status == "fail")] else .worse end)[:10][] as $test |
	"# \(.kernel) \(.client) \(.case) \(.strategy): \($test.name): \($test.status)\(if ($test.text // "") != "" then ", " + $test.text else "" end)"
),
(
	"\([$cells[] | select(.verdict == "passed")] | length) passed, " +
	"\([$cells[] | select(.verdict == "failed")] | length) failed, " +
	"\([$cells[] | select(.verdict == "skipped")] | length) skipped"
)
