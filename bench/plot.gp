# SPDX-License-Identifier: GPL-2.0-only
#
# One plot as SVG on standard output. Variables (gnuplot -e):
#   data    file with a block for each column: its name, then the points
#   styles  for each block which line style, a number, as text
#   kind    "size": x, median, low, high on two logarithmic axes;
#           "distribution": value, percentage of the samples up to it
#   xlabel, ylabel, bytes (1: x is bytes), few (1: x is at most 16), intervals
#   (1: there are some)

set terminal svg size 480,360 dynamic font "sans-serif,14" background "#ffffff"

# Told apart by colour, by dashes and by points: on a screen, in black and white,
# and by those who see fewer colours.
set linetype 1 lc rgb "#000000" dt 1 lw 2 pt 4
set linetype 2 lc rgb "#0072b2" dt 2 lw 2 pt 6
set linetype 3 lc rgb "#d55e00" dt 4 lw 2 pt 8
set linetype 4 lc rgb "#009e73" dt 3 lw 2 pt 10
set linetype 5 lc rgb "#999999" dt 5 lw 2 pt 12
set linetype 6 lc rgb "#cc79a7" dt 6 lw 2 pt 14
set linetype 7 lc rgb "#e69f00" dt 7 lw 2 pt 1
set linetype 8 lc rgb "#56b4e9" dt 8 lw 2 pt 2

set key outside top center horizontal maxcols 3 samplen 3 font ",13"
set lmargin 11
set rmargin 3
set grid lc rgb "#dddddd" dt 1
set border 3
set tics nomirror
set xlabel xlabel
set ylabel ylabel
blocks = words(styles)
style(i) = int(word(styles, i + 1))

set logscale x 10
set format x xformat
if (kind eq "size") {
	set logscale y 10
	set format y yformat
	if (bytes || few) {
		set logscale x 2
	}
	if (bytes) {
		set xtics ("4K" 2.**12, "64K" 2.**16, "2M" 2.**21, \
			"16M" 2.**24, "256M" 2.**28, "1G" 2.**30, \
			"4G" 2.**32, "16G" 2.**34) nomirror
	}
	set offsets graph 0.03, graph 0.03, 0, 0
	if (intervals) {
		plot for [i=0:blocks-1] data index i using 1:2:3:4 \
			with yerrorlines lt style(i) title columnheader(1)
	} else {
		plot for [i=0:blocks-1] data index i using 1:2 \
			with linespoints lt style(i) title columnheader(1)
	}
} else {
	set yrange [0:100]
	plot for [i=0:blocks-1] data index i using 1:2 \
		with steps lt style(i) title columnheader(1)
}
