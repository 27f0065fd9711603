/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events of device runs, in events/vfio/ of tracefs: what resolve gave,
 * and what became of the run since.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio

#if !defined(VFIO_TYPE1_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VFIO_TYPE1_TRACE_H

#include <linux/device.h>
#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(vfio_run,
	TP_PROTO(struct device *dev, u64 iova, unsigned long pfn,
		 unsigned long npages),
	TP_ARGS(dev, iova, pfn, npages),
	TP_STRUCT__entry(
		__string(device, dev_name(dev))
		__field(u64, iova)
		__field(unsigned long, pfn)
		__field(unsigned long, npages)
	),
	TP_fast_assign(
		vfio_compat_assign_str(device, dev_name(dev));
		__entry->iova = iova;
		__entry->pfn = pfn;
		__entry->npages = npages;
	),
	TP_printk("device=%s iova=0x%llx pfn=0x%lx npages=%lu",
		  __get_str(device), __entry->iova, __entry->pfn,
		  __entry->npages)
);

#define VFIO_RUN_EVENT(name)						\
DEFINE_EVENT(vfio_run, name,						\
	TP_PROTO(struct device *dev, u64 iova, unsigned long pfn,		\
		 unsigned long npages),					\
	TP_ARGS(dev, iova, pfn, npages))

VFIO_RUN_EVENT(vfio_run_resolve);
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
