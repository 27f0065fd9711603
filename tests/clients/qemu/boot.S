/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A boot sector: the firmware of a machine has read it from an assigned disk,
 * and now reads and writes some more there. BLOCKS blocks from FROM on must add
 * up to SUM; they are copied to TO. What comes of it goes to the serial port.
 *
 * When it was assembled, SUM was found out from what is on the disk.
 */
#define FROM		8
#define TO		128
#define BLOCKS		64
#define BYTES		(512 * BLOCKS)
#define SEGMENT		0x1000

#define SERIAL		0x3f8
#define POWER_CONTROL	0x604
#define POWER_OFF	0x2000

	.code16
	.text
	.globl start
start:
	ljmp	$0, $1f
1:	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$start, %sp
	movb	%dl, drive
	movw	$booted, %si
	call	say

	movb	$0x42, %ah
	movw	$read, %si
	call	disk
	movw	$read_fails, %si
	jc	end
	call	add
	cmpl	$SUM, %edx
	movw	$read_wrong, %si
	jne	end
	movw	$read_well, %si
	call	say

	movw	$0x4300, %ax
	movw	$write, %si
	call	disk
	movw	$write_fails, %si
	jc	end
	movw	$wrote_well, %si
end:
	call	say
	movw	$POWER_CONTROL, %dx
	movw	$POWER_OFF, %ax
	outw	%ax, %dx
1:	hlt
	jmp	1b

/* The firmware's service; carry says that it failed. */
disk:
	movb	drive, %dl
	int	$0x13
	ret

/* Leaves in edx the sum of all bytes, each weighed by where it is. */
add:
	movw	$SEGMENT, %ax
	movw	%ax, %es
	xorl	%edx, %edx
	xorl	%edi, %edi
1:	movzbl	%es:(%di), %eax
	incl	%edi
	imull	%edi, %eax
	addl	%eax, %edx
	cmpl	$BYTES, %edi
	jne	1b
	ret

say:
	movw	$SERIAL + 5, %dx
1:	inb	%dx, %al
	testb	$0x20, %al
	jz	1b
	lodsb
	testb	%al, %al
	jz	2f
	movw	$SERIAL, %dx
	outb	%al, %dx
	jmp	say
2:	ret

drive:	.byte	0
read:	.byte	16, 0
	.word	BLOCKS, 0, SEGMENT
	.quad	FROM
write:	.byte	16, 0
	.word	BLOCKS, 0, SEGMENT
	.quad	TO

booted:		.asciz "ok firmware_boots_from_it\n"
read_well:	.asciz "ok firmware_reads\n"
wrote_well:	.asciz "ok firmware_writes\nend\n"
read_fails:	.asciz "not ok firmware_reads: it says that it cannot\n"
read_wrong:	.asciz "not ok firmware_reads: not what is there\n"
write_fails:	.asciz "not ok firmware_writes: it says that it cannot\n"

	.org	510
	.word	0xaa55
