# SPDX-License-Identifier: GPL-2.0-only
# What the tables share: how a row looks, and what stands above and below.
include "medians";

def amount($exact):
	if $exact and . < 1e7 then thousands
	elif $exact then "\(. / 1e6 | digits) M"
	elif . < 1e3 then "\(fixed(0)) ns"
	elif . < 1e6 then "\(. / 1e3 | digits) us"
	elif . < 1e9 then "\(. / 1e6 | digits) ms"
	else "\(. / 1e9 | digits) s" end;

# How a value compares with another: 0.85, or 1/250 where that says more.
def ratio:
	if . == 0 or . >= 0.1 then digits
	else 1 / . |
		if . < 9999.5 then "1/\(fixed(0))"
		elif . < 999950 then "1/\(. / 1e3 | digits)k"
		else "1/\(. / 1e6 | digits)M" end
	end;

# One row from {column: value}, with the ratios to column $base.
def row($columns; $name; $exact; $base):
	. as $values |
	($name | left(9)) +
	([$columns[] | $values[.] as $value |
		if $value == null then "-" | right(10) | left(18)
		else ($value | amount($exact) | right(10)) +
			(if . == $base or ($values[$base] // 0) == 0 then ""
			 else " \($value / $values[$base] | ratio)" end |
			 left(8))
		end] | add) |
	sub(" +$"; "");

def heading($columns):
	" " * 9 + ([$columns[] | right(12) | left(18)] | add) |
	sub(" +$"; "");

def preamble($counted; $ratio):
	.environment |
	"Linux \(.kernel), \(.iommu) IOMMU, one boot, rounds: \(.rounds), seed: \(.seed), commit \(.commit)",
	"\(if .machine then .machine else "\(.qemu), \(.accel)" end), on \(.cpu)",
	(if .exact then
		"Instructions, counted; \($counted), \($ratio)."
	 else
		(select(.accel == "tcg") |
		 "EMULATED: the columns compare with each other, not with real hardware."),
		"Median time, \($ratio) (1/50: fifty times faster)."
	 end);

def harness($estimates; $columns; $exact):
	"", "Harness, two readings of the clock: " +
		([$estimates[key("null"; "none"; 0; $columns[])]] |
		 median | amount($exact));
