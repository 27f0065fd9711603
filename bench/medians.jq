# SPDX-License-Identifier: GPL-2.0-only
# What tables and goals share: from samples.json to one value for each
# operation, kind of memory, size and column; and numbers for the eye.

def median:
	sort | length as $n |
	if $n % 2 == 1 then .[($n - 1) / 2]
	else (.[$n / 2 - 1] + .[$n / 2]) / 2 end;

def key($op; $memory; $size; $column): "\($op) \($memory) \($size) \($column)";

# In nanoseconds, or in instructions where these were counted.
def estimates(pick):
	[.runs[] | .column as $column | .result.ticks_per_us as $per_us |
		.result.series[] |
		{ key: key(.op; .memory; .size; $column),
		  value: (if $per_us then .ticks | map(. * 1000 / $per_us)
			  else .ticks end) }] |
	group_by(.key) |
	map({ key: .[0].key, value: (map(.value) | add | pick) }) |
	from_entries;

def medians: estimates(median);

# Where instructions are counted, the least is what the operation itself takes:
# of one that lasts long, most samples have other work of the kernel in them: a
# timer's tick, or the freeing of what an earlier sample left.
def estimates:
	if .environment.exact then estimates(min) else medians end;

# Columns that are no strategy's.
def peers: ["stock", "iommufd", "floor"];

# A column may be a variant of a strategy: its name, a colon, what is different.
def strategies:
	.environment.columns - peers | map(sub(":.*"; "")) | unique;

def size_name:
	if . >= 1073741824 then "\(. / 1073741824) GiB"
	elif . >= 1048576 then "\(. / 1048576) MiB"
	else "\(. / 1024) KiB" end;

# 1234567.8 | thousands: "1,234,568"
def thousands:
	(round | tostring) as $text | ($text | length) as $length |
	[range($length) |
		(if . > 0 and ($length - .) % 3 == 0 then "," else "" end) +
		$text[.:. + 1]] | add;

def signed: if . < 0 then "-" + (-. | thousands) else "+" + thousands end;

# 1.5 | fixed(2): "1.50"
def fixed($digits):
	pow(10; $digits) as $unit | (. * $unit | round) as $number |
	($number / $unit | floor | thousands) +
	if $digits == 0 then ""
	else "." + ($number % $unit + $unit | tostring)[1:] end;

# At least three digits: 1.23, 12.3, 123, 1,234
def digits:
	if . < 9.995 then fixed(2) elif . < 99.95 then fixed(1)
	else fixed(0) end;

def left($width): . + " " * ([$width - length, 0] | max);
def right($width): " " * ([$width - length, 0] | max) + .;
