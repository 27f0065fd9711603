# SPDX-License-Identifier: GPL-2.0-only
#
# From the guests' result lines to cells, one for each kernel, client, case and strategy, with a verdict:
#
#   failed   a test that passes on stock does not pass here, or one failed that does not fail on stock
#   passed   otherwise, when a test passed: what fails here fails on stock, too
#   skipped  otherwise: no test passed, here or on stock
#
# With stock alone, its cells are judged by themselves; otherwise their verdict is "reference".

def count($status): map(select(.status == $status)) | length;

[inputs | split("\t")] as $lines |

# Every cell that there should be, in order.
[$lines[] | select(.[2] == "plan") | {kernel: .[0], client: .[1], strategy: .[3], case: .[4]}] as $plan |

# A cell's key to what was reported of it.
def key: [.kernel, .client, .strategy, .case] | join("\t");
(reduce ($lines[] | select(.[2] == "result")) as $line ({};
	.[[$line[0], $line[1], $line[3], $line[4]] | join("\t")] += [{name: $line[5], status: $line[6], text: $line[7]}])) as $tests |
(reduce ($lines[] | select(.[2] == "measure")) as $line ({};
	.[[$line[0], $line[1], $line[3], $line[4]] | join("\t")] += [{value: ($line[5] | tonumber), unit: $line[6]}])) as $measures |

([$plan[].strategy] | unique == ["stock"]) as $stock_alone |

[$plan[] | . as $cell | key as $key |
	(.strategy = "stock" | key) as $stock_key |
	($tests[$key] // [{name: "reports", status: "fail", text: "the guest or the case ended before it said anything"}]) as $mine |
	($tests[$stock_key] // []) as $theirs |
	($mine | map({key: .name, value: .}) | from_entries) as $by_name |
	($theirs | map({key: .name, value: .status}) | from_entries) as $on_stock |
	# Worse than stock: what stock passes, and what failed here without failing there.
	([$theirs[] | select(.status == "pass" and $by_name[.name].status != "pass") |
		$by_name[.name] // {name, status: "fail", text: "it is missing"}] +
	 [$mine[] | select(.status == "fail" and $on_stock[.name] != "fail")] | unique_by(.name)) as $worse |
	$cell + {
		passed: ($mine | count("pass")), failed: ($mine | count("fail")), skipped: ($mine | count("skip")),
		measured: ($measures[$key] // []), on_stock: ($measures[$stock_key] // []),
		worse: $worse, tests: $mine
	} |
	# Those of the harness do not count: they pass when nothing ran.
	any($mine[]; .status == "pass" and (.name | IN("kernel_is_content", "nothing_is_left") | not)) as $ran |
	.status = (if .failed > 0 then "fail" elif $ran then "pass" else "skip" end) |
	.verdict = (
		if .strategy == "stock" and ($stock_alone | not) then "reference"
		elif .strategy == "stock" then {pass: "passed", fail: "failed", skip: "skipped"}[.status]
		elif ($worse | length) > 0 then "failed"
		elif $ran then "passed"
		else "skipped" end)
]
