/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events of device runs, in events/vfio/ of tracefs: what resolve gave,
 * and what became of the run since.
 *
 * They take the structures and not what is in them, so that nothing is read
 * while they are off: then each is one no-op.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio

#if !defined(VFIO_TYPE1_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VFIO_TYPE1_TRACE_H

#include <linux/device.h>
#include <linux/tracepoint.h>

#include "vfio_device.h"
#include "vfio_strategy.h"

#define VFIO_RUN_PRINTK							\
	TP_printk("device=%s iova=0x%llx pfn=0x%lx npages=%lu",		\
		  __get_str(device), __entry->iova, __entry->pfn,	\
		  __entry->npages)

TRACE_EVENT(vfio_run_resolve,
	TP_PROTO(const struct vfio_pfn_run *pfns, dma_addr_t iova),
	TP_ARGS(pfns, iova),
	TP_STRUCT__entry(
		__string(device, dev_name(pfns->device->dev))
		__field(u64, iova)
		__field(unsigned long, pfn)
		__field(unsigned long, npages)
	),
	TP_fast_assign(
		vfio_compat_assign_str(device, dev_name(pfns->device->dev));
		__entry->iova = iova;
		__entry->pfn = pfns->pfn;
		__entry->npages = pfns->npages;
	),
	VFIO_RUN_PRINTK
);

DECLARE_EVENT_CLASS(vfio_run,
	TP_PROTO(const struct vfio_device *device, dma_addr_t iova,
		 unsigned long pfn, unsigned long npages),
	TP_ARGS(device, iova, pfn, npages),
	TP_STRUCT__entry(
		__string(device, dev_name(device->dev))
		__field(u64, iova)
		__field(unsigned long, pfn)
		__field(unsigned long, npages)
	),
	TP_fast_assign(
		vfio_compat_assign_str(device, dev_name(device->dev));
		__entry->iova = iova;
		__entry->pfn = pfn;
		__entry->npages = npages;
	),
	VFIO_RUN_PRINTK
);

#define VFIO_RUN_EVENT(name)						\
DEFINE_EVENT(vfio_run, name,						\
	TP_PROTO(const struct vfio_device *device, dma_addr_t iova,	\
		 unsigned long pfn, unsigned long npages),		\
	TP_ARGS(device, iova, pfn, npages))

VFIO_RUN_EVENT(vfio_run_map);
VFIO_RUN_EVENT(vfio_run_suspend);
VFIO_RUN_EVENT(vfio_run_resume);
VFIO_RUN_EVENT(vfio_run_kill);

#endif /* VFIO_TYPE1_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH type1
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
