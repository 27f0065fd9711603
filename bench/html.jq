# SPDX-License-Identifier: GPL-2.0-only
# results.json to report.html: one file, without scripts, that needs no network.
# Takes $goals, text, and one object each in a list: $plots, {NAME: SVG in base64},
# $explained, {COLUMN: what it is}, and $distributions.
include "medians";
include "rows";
include "titles";

def style: "
body { font: 16px/1.5 sans-serif; color: #111; background: #fff; max-width: 64rem; margin: 0 auto; padding: 0 1rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 2px solid #111; } h3 { font-size: 1rem; margin: 0 0 .3rem; } .wide + h3, details + h3 { margin-top: 1.5rem; }
.notice { border: 2px solid #d55e00; padding: .5rem .8rem; font-weight: bold; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 2rem 1.5rem; }
figure { margin: 0; min-width: 0; } img { display: block; width: 100%; max-width: 34rem; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .6rem; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; vertical-align: top; }
th:first-child, td:first-child, .prose td, .prose th { text-align: left; }
td:first-child { white-space: normal; min-width: 8rem; }
.prose td:last-child { white-space: normal; min-width: 16rem; }
td small { display: block; color: #555; }
dt { font-weight: bold; } dd { margin: 0 0 .5rem 1rem; } code, pre { font-size: .85rem; }
pre { overflow-x: auto; line-height: 1.35; } pre b { color: #0072b2; } summary { cursor: pointer; margin: .5rem 0; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
@media (max-width: 40rem) { table { font-size: .75rem; } th, td { padding: .15rem .3rem; } }
@media print { body > details::details-content { content-visibility: visible; }
  body { max-width: none; font-size: 10pt; } nav { display: none; } h2, h3 { break-after: avoid; } figure, tr { break-inside: avoid; }
  .wide, pre { overflow: visible; } pre { white-space: pre-wrap; } table, pre { font-size: 8pt; } .plots { grid-template-columns: 1fr 1fr; } }
";

def section($id; $title): "<h2 id=\"\($id)\">\($title | @html)</h2>";

def picture($plots; $name; $alt):
	$plots[$name] // empty |
	"<img alt=\"\($alt | @html)\" src=\"data:image/svg+xml;base64,\(.)\">";

def cell($series; $column; $base; $exact):
	$series.columns[$column] |
	if . == null then "<td>-</td>"
	else "<td>\(.median | amount($exact))" +
		($series | compared($column; $base) // null |
		 if . then " &times;&nbsp;\(short_ratio)" else "" end) +
		(if .low then "<small>\(.low | amount($exact)) to \(.high | amount($exact))</small>" else "" end) +
		"</td>"
	end;

def block_table($columns; $exact):
	. as $block | [$columns[] | select(. as $c | any($block.series[]; .columns[$c]))] as $shown |
	"<details><summary>Figures</summary><div class=\"wide\"><table><tr><th></th>",
	($shown[] | "<th>\(@html)</th>"), "</tr>",
	(.series[] | . as $series |
		"<tr><td>\(.size | size_label($block.memory))</td>",
		($shown[] | cell($series; .; $shown[0]; $exact)), "</tr>"),
	"</table></div></details>";

# The largest of each.
def short_table($columns; $exact):
	"<div class=\"wide\"><table><tr><th></th>", ($columns[] | "<th>\(@html)</th>"), "</tr>",
	(.[] | .title as $title | .memory as $memory | .series[-1] as $series |
		"<tr><td>\($title | @html)\($series.size | if . == 0 then "" else ", " + size_label($memory) end)</td>",
		($columns[] | cell($series; .; $columns[0]; $exact)), "</tr>"),
	"</table></div>";

def figures($blocks; $plots; $columns; $exact):
	"<div class=\"plots\">",
	($blocks[] | "<figure><h3>\(.title | @html)</h3>",
		picture($plots; "\(.op) \(.memory)"; "\(.title): the figures are in the table below"),
		block_table($columns; $exact), "</figure>"),
	"</div>";

def is_size: .memory | test("^(bar|ram|hugetlb)");

def among($strategies):
	. as $all | pairs($strategies) as $pairs | [$pairs[] | select(.significant)] as $significant |
	"<h3>Strategies that differ from each other significantly</h3>",
	"<p>\(among_note($pairs; $significant) | @html)</p>",
	(if ($significant | length) == 0 then empty else
		"<div class=\"wide\"><table class=\"prose\"><tr><th>Operation</th><th>this one</th><th>takes</th><th>of what that takes</th></tr>",
		($significant[] | . as $pair |
			($all | [blocks | select(.op == $pair.op and .memory == $pair.memory).title][0] // .op) as $title |
			"<tr><td>\($title | @html), \(.memory as $m | .size | size_label($m))</td><td>\(.column | @html)</td><td>\(.ratio | fixed(3))</td><td>\(.against | @html)</td></tr>"),
		"</table></div>"
	 end);

def cost_table($columns):
	. as $all | [$columns[] | select($all.cost[.] or $all.calls[.])] as $shown |
	def row($name; pick):
		"<tr><td>\($name)</td>",
		($shown[] | . as $column | "<td>\(pick // null | if . == null then "-" else thousands end)</td>"),
		"</tr>";
	"<div class=\"wide\"><table><tr><th></th>", ($shown[] | "<th>\(@html)</th>"), "</tr>",
	row("Lines of code, core's half"; $all.cost[.].core_lines),
	row("Lines of code, driver's half: what a driver's author writes"; $all.cost[.].driver_lines),
	row("Bytes of text, core's half"; $all.cost[.].core_text),
	row("Bytes of text, driver's half"; $all.cost[.].driver_text),
	row("Bytes of text, whole module"; $all.cost[.].module_text),
	(["mmap", "mmap"], ["map-cold", "DMA map"] | . as [$op, $name] |
		row("\($name) of 2 MiB: function calls"; $all.calls[.][$op].calls),
		row("\($name) of 2 MiB: locks taken"; $all.calls[.][$op].locks),
		row("\($name) of 2 MiB: bytes allocated"; $all.calls[.][$op].bytes)),
	"</table></div>";

def locks_table($columns):
	. as $all | [$columns[] | select($all.locks[.])] as $shown |
	if ($shown | length) == 0 then empty else
		"<h3>Locks taken, by lockdep's names</h3>",
		"<p>Of 2 MiB of a BAR, on a debug kernel. Left out are RCU, sequence counts, interrupts, timers, the scheduler, the allocators and who watches over objects.</p>",
		"<div class=\"wide\"><table><tr><th></th>", ($shown[] | "<th>\(@html)</th>"), "</tr>",
		((["mmap", "mmap"], ["map-cold", "DMA map"]) as [$op, $name] |
			([$shown[] | $all.locks[.][$op] // {} | keys_unsorted[]] | unique[]) as $lock |
			"<tr><td>\($name): \($lock | @html)</td>",
			($shown[] | "<td>\($all.locks[.][$op][$lock] // 0 | thousands)</td>"), "</tr>"),
		"</table></div>"
	end;

def behaviour_table:
	"<div class=\"wide\"><table class=\"prose\"><tr><th>Who</th><th>Test</th><th>Why it differs</th></tr>",
	(.behaviour[] | "<tr><td>\(.column | if . == "*" then "all" else @html end)</td><td><code>\(.test | @html)</code></td><td>\(if .seen | startswith("? ") then "now and then: " else "" end)\(.reason | @html)</td></tr>"),
	"</table></div>";

def tree:
	"<pre>" + ([.tree[] | "  " * .depth +
		(if .module != "" then "<b>\(.function | @html)</b> [\(.module)]" else .function | @html end) +
		(if .calls > 1 then " &times; \(.calls | thousands)" else "" end)] | join("\n")) + "</pre>";

def call_trees($columns):
	. as $all | $columns[] | select($all.calls[.]) | . as $column |
	(["mmap", "mmap"], ["map-cold", "DMA map"]) as [$op, $name] |
	$all.calls[$column][$op] | select(.) |
	(if $op == "map-cold" and $column != "stock" then " open" else "" end) as $open |
	"<details\($open)><summary>\($name), \($column | @html): \(.calls | thousands) calls</summary>", tree, "</details>";

def note($exact):
	if $exact then "Instructions, counted by the emulator: two runs give the same numbers."
	elif statistics then "A point is the median over \(.environment.boots) boots, its bar the 95 % interval of that median (order statistics); no sample was left out. In the tables &times; is the ratio to the first column; ~ marks a difference that is not significant (rank test of Mann and Whitney over the boots, 5 %: of columns that are equal, one in twenty is taken for different)."
	else "A point is the median. Fewer than \(.fewest_boots) boots: no intervals, and no word on what is significant. In the tables &times; is the ratio to the first column." end;

.environment.exact as $exact | columns as $columns | [blocks] as $blocks |
$plots[0] as $plots | $distributions[0] as $distributions |
"<!DOCTYPE html>",
"<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
"<title>Mapping a BAR for DMA: \($columns | join(", ") | @html)</title><style>\(style)</style></head><body>",
"<h1>Mapping a PCI BAR for DMA: what each way costs</h1>",
"<nav><a href=\"#what\">What</a><a href=\"#short\">In short</a><a href=\"#latency\">Latency</a><a href=\"#distribution\">Distribution</a><a href=\"#scaling\">Scaling</a><a href=\"#registers\">Interrupts, config space</a><a href=\"#cost\">Cost</a><a href=\"#behaviour\">Behaviour</a><a href=\"#calls\">Calls</a></nav>",
(if emulated then "<p class=\"notice\">Emulated: the columns compare with each other, not with real hardware.</p>" else empty end),

section("what"; "What was compared, and on what"),
"<dl>", ($columns[] | . as $column | "<dt>\(@html)</dt><dd>\($explained[0][$column] // "" | @html)</dd>"), "</dl>",
"<ul>", (circumstances | "<li>\(@html)</li>"),
"<li>Two readings of the clock, the harness itself: \(harness_of // 0 | amount($exact))</li></ul>",
"<p>\(note($exact))",
"A first touch is one read each 4 KiB; of more than 2 MiB, one each 2 MiB.</p>",

section("short"; "In short"),
([$blocks[] | select(.memory == "bar" and .op != "process")] | short_table($columns; $exact)),
"<details><summary>What each strategy is to reach, and whether it did</summary><pre>\($goals | @html)</pre></details>",

(if statistics then among($columns - peers) else empty end),

section("latency"; "Latency against size"),
figures([$blocks[] | select(is_size and .op != "process")]; $plots; $columns; $exact),
([$blocks[] | select(.op == "process")] | if length > 0 then
	"<h3>\(.[0].title)</h3>", (.[0] | block_table($columns; $exact) | sub("<details>"; "<details open>")) else empty end),

section("distribution"; "Distribution of the samples"),
"<p>How many of all samples took at most so long, in percent.</p>",
"<div class=\"plots\">",
($blocks[] | "\(.op) \(.memory) " as $prefix | .memory as $memory | .title as $title |
	($distributions | keys[] | select(startswith($prefix))) as $key |
	"\($title), \($key | ltrimstr($prefix) | tonumber | size_label($memory))" as $title |
	"<figure><h3>\($title | @html)</h3>", picture($plots; $key; $title), "</figure>"),
"</div>",

section("scaling"; "Scaling"),
([$blocks[] | select((is_size | not) and .series[-1].size > 0)] | if length > 0 then figures(.; $plots; $columns; $exact)
 else "<p>Not measured in this run: make report does.</p>" end),

section("registers"; "Interrupts and config space"),
([$blocks[] | select((is_size | not) and .series[-1].size == 0)] | if length > 0 then short_table($columns; $exact)
 else "<p>Not measured in this run.</p>" end),

section("cost"; "Cost that is not time"),
"<p>Without comments and blank lines. Calls, locks and bytes are those of the first mmap and the first DMA map after loading, of 2 MiB of a BAR, as the kernel's function tracer saw them.</p>",
cost_table($columns),
locks_table($columns),

section("behaviour"; "Differences in behaviour"),
"<p>Every test that one of the strategies or stock does not pass on this kernel, and why; all others pass everywhere.</p>",
behaviour_table,

section("calls"; "What one mmap and one DMA map call"),
"<p>Of 2 MiB of a BAR, by function_graph. Calls of one function from one place are added up; <b>functions of the module</b> stand out. Left out are interrupts, rescheduling and the markers of RCU.</p>",
call_trees($columns),
"</body></html>"
