// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI and MSI-X: interrupts that a device raises by writing a message, of
 * several vectors.
 *
 * Model. The first request that gives eventfds enables the mode and allocates
 * interrupts of the host for all vectors up to its last one. From then on each
 * vector is set up by its eventfd and taken down by -1, on its own. Interrupts
 * stay allocated until the mode is disabled. A vector beyond them can be set up
 * only where the host is able to allocate one at a time, as it is for MSI-X on
 * newer kernels; to others the user is told not to resize (info.c).
 *
 * The messages are the host's. The user never sees them: those of MSI-X lie in
 * the device's memory, which read(2) and write(2) keep it from (access.c), and
 * which the IOMMU's interrupt remapping makes safe to be mmapped.
 *
 * Writing that memory. The kernel does so when it allocates, requests and frees
 * interrupts. Each such step holds the step lock, so that no reset comes between,
 * and has the device decode memory accesses even if the user has disabled that.
 * Nothing is allocated for a device that is asleep; for one in recovery, its end
 * is waited for. What else is written to such a device is lost, and written again
 * afterwards (vfio_pci_irqs_resume()).
 *
 * irq_bypass. KVM may take the interrupt straight to a guest that gets the same
 * eventfd. That it does not is no error.
 */
#include <linux/eventfd.h>
#include <linux/interrupt.h>
#include <linux/log2.h>
#include <linux/msi.h>
#include <linux/slab.h>

#include "compat.h"
#include "irq_set.h"
#include "pci.h"

/**
 * struct vfio_pci_vector - a vector that is set up
 * @trigger: the eventfd that tells user space
 * @name: for /proc/interrupts
 * @irq: the host's number
 * @producer: for KVM to find
 */
struct vfio_pci_vector {
	struct eventfd_ctx *trigger;
	char *name;
	int irq;
	struct vfio_compat_irq_producer producer;
};

static irqreturn_t vfio_pci_msi_handler(int irq, void *data)
{
	struct vfio_pci_vector *vector = data;

	vfio_compat_eventfd_signal(vector->trigger);

	return IRQ_HANDLED;
}

static bool vfio_pci_msi_write_begin(struct vfio_pci_device *vdev)
{
	lockdep_assert_held(&vdev->irqs_lock);

	vfio_pci_step_begin(vdev);

	return vfio_pci_decode_enable(vdev);
}

static void vfio_pci_msi_write_end(struct vfio_pci_device *vdev, bool decoded)
{
	vfio_pci_decode_restore(vdev, decoded);
	vfio_pci_step_end(vdev);
}

/*
 * The same before an allocation. The PCI core, too, refuses a device that is
 * asleep. Returns what decode_enable does, or -errno.
 */
static int vfio_pci_msi_alloc_begin(struct vfio_pci_device *vdev)
{
	int ret;

	lockdep_assert_held(&vdev->irqs_lock);

	ret = vfio_pci_step_begin_ready(vdev);
	if (ret)
		return ret;

	if (!vfio_pci_awake(vdev)) {
		vfio_pci_step_end(vdev);
		return -EINVAL;
	}

	return vfio_pci_decode_enable(vdev);
}

static bool vfio_pci_msi_is_msix(struct vfio_pci_device *vdev)
{
	return vdev->irq_index == VFIO_PCI_MSIX_IRQ_INDEX;
}

static int vfio_pci_msi_alloc_vectors(struct vfio_pci_device *vdev,
				      unsigned int count, unsigned int kind)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	ret = pci_alloc_irq_vectors_affinity(pdev, 1, count, kind, NULL);
	if (ret == count)
		return 0;

	/* That many could be had. Being freed, they leave the pin on. */
	if (ret > 0) {
		pci_free_irq_vectors(pdev);
		vfio_pci_intx_pin_update(vdev);
	}

	return ret;
}

static int vfio_pci_msi_enable(struct vfio_pci_device *vdev, u32 index,
			       unsigned int count)
{
	bool msix = index == VFIO_PCI_MSIX_IRQ_INDEX;
	int decoded, ret;

	decoded = vfio_pci_msi_alloc_begin(vdev);
	if (decoded < 0)
		return decoded;

	ret = vfio_pci_msi_alloc_vectors(vdev, count,
					 msix ? PCI_IRQ_MSIX : PCI_IRQ_MSI);
	if (!ret) {
		vdev->irq_index = index;
		vdev->irq_vectors = count;
	}
	vfio_pci_msi_write_end(vdev, decoded);

	return ret;
}

/* The host's interrupt for the vector, allocated if that is possible. */
static int vfio_pci_msi_irq(struct vfio_pci_device *vdev, unsigned int nr)
{
	struct pci_dev *pdev = vdev->pdev;
	int irq = pci_irq_vector(pdev, nr);
	int decoded;

	if (irq > 0)
		return irq;
	if (!vfio_pci_msi_is_msix(vdev) || !vdev->msix_dynamic)
		return -EINVAL;

	decoded = vfio_pci_msi_alloc_begin(vdev);
	if (decoded < 0)
		return decoded;

	irq = vfio_compat_msix_alloc_irq_at(pdev, nr);
	vfio_pci_msi_write_end(vdev, decoded);

	return irq;
}

static int vfio_pci_vector_request(struct vfio_pci_device *vdev,
				   struct vfio_pci_vector *vector)
{
	struct msi_msg msg;
	bool decoded;
	int ret;

	decoded = vfio_pci_msi_write_begin(vdev);
	/* In case of a reset that the host did not know of. */
	if (vfio_pci_msi_is_msix(vdev)) {
		get_cached_msi_msg(vector->irq, &msg);
		pci_write_msi_msg(vector->irq, &msg);
	}
	ret = request_irq(vector->irq, vfio_pci_msi_handler, 0, vector->name,
			  vector);
	vfio_pci_msi_write_end(vdev, decoded);

	return ret;
}

static struct vfio_pci_vector *
vfio_pci_vector_alloc(struct vfio_pci_device *vdev, unsigned int nr, int fd)
{
	struct vfio_pci_vector *vector;
	int ret = -ENOMEM;

	vector = kzalloc(sizeof(*vector), GFP_KERNEL_ACCOUNT);
	if (!vector)
		return ERR_PTR(-ENOMEM);

	vector->name = kasprintf(GFP_KERNEL_ACCOUNT, "vfio-msi%s[%u](%s)",
				 vfio_pci_msi_is_msix(vdev) ? "x" : "", nr,
				 pci_name(vdev->pdev));
	if (!vector->name)
		goto free_vector;

	vector->trigger = eventfd_ctx_fdget(fd);
	if (IS_ERR(vector->trigger)) {
		ret = PTR_ERR(vector->trigger);
		goto free_name;
	}

	return vector;

free_name:
	kfree(vector->name);
free_vector:
	kfree(vector);

	return ERR_PTR(ret);
}

static void vfio_pci_vector_free(struct vfio_pci_vector *vector)
{
	eventfd_ctx_put(vector->trigger);
	kfree(vector->name);
	kfree(vector);
}

static int vfio_pci_vector_up(struct vfio_pci_device *vdev, unsigned int nr,
			      int fd)
{
	struct vfio_pci_vector *vector;
	int irq, ret;

	irq = vfio_pci_msi_irq(vdev, nr);
	if (irq < 0)
		return irq;

	vector = vfio_pci_vector_alloc(vdev, nr, fd);
	if (IS_ERR(vector))
		return PTR_ERR(vector);

	vector->irq = irq;
	ret = xa_insert(&vdev->vectors, nr, vector, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto free_vector;

	ret = vfio_pci_vector_request(vdev, vector);
	if (ret)
		goto erase;

	vfio_compat_irq_producer_register(&vector->producer, vector->trigger,
					  irq);

	return 0;

erase:
	xa_erase(&vdev->vectors, nr);
free_vector:
	vfio_pci_vector_free(vector);

	return ret;
}

static void vfio_pci_vector_down(struct vfio_pci_device *vdev, unsigned int nr)
{
	struct vfio_pci_vector *vector = xa_erase(&vdev->vectors, nr);
	bool decoded;

	if (!vector)
		return;

	vfio_compat_irq_producer_unregister(&vector->producer);

	decoded = vfio_pci_msi_write_begin(vdev);
	free_irq(vector->irq, vector);
	vfio_pci_msi_write_end(vdev, decoded);

	vfio_pci_vector_free(vector);
}

/* If one cannot be set up, none of them is afterwards. */
static int vfio_pci_msi_set_fds(struct vfio_pci_device *vdev,
				const struct vfio_irq_set *set, const s32 *fds)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < set->count && !ret; i++) {
		vfio_pci_vector_down(vdev, set->start + i);
		if (fds[i] >= 0)
			ret = vfio_pci_vector_up(vdev, set->start + i, fds[i]);
	}

	if (ret)
		while (i--)
			vfio_pci_vector_down(vdev, set->start + i);

	return ret;
}

static void vfio_pci_msi_disable(struct vfio_pci_device *vdev)
{
	struct vfio_pci_vector *vector;
	unsigned long nr;
	bool decoded;

	xa_for_each(&vdev->vectors, nr, vector)
		vfio_pci_vector_down(vdev, nr);

	decoded = vfio_pci_msi_write_begin(vdev);
	pci_free_irq_vectors(vdev->pdev);
	vdev->irq_index = VFIO_PCI_NUM_IRQS;
	/* The PCI core has turned it on. */
	vfio_pci_intx_pin_update(vdev);
	vfio_pci_msi_write_end(vdev, decoded);
}

/**
 * vfio_pci_msi_set_trigger() - VFIO_IRQ_SET_ACTION_TRIGGER
 * @vdev: open device
 * @set: the request, checked in general
 * @data: its data
 *
 * Return: 0; how many vectors there could be, if less; -EINVAL if the mode is
 * not enabled and this does not do so either, if another one is, for a vector
 * that cannot be added, while the device is asleep, and for a file that is no
 * eventfd; -EIO if recovery of the device has failed; -ERESTARTSYS for a signal;
 * -EBADF; -ENOMEM; or the errno of allocating or requesting the interrupts.
 * Context: irqs_lock held; may sleep as long as a reset or recovery takes.
 */
int vfio_pci_msi_set_trigger(struct vfio_pci_device *vdev,
			     const struct vfio_irq_set *set, const void *data)
{
	bool enabled = vdev->irq_index == set->index;
	struct vfio_pci_vector *vector;
	unsigned int i;
	int ret;

	if (enabled && !set->count && set->flags & VFIO_IRQ_SET_DATA_NONE) {
		vfio_pci_msi_disable(vdev);
		return 0;
	}

	if (!enabled && vdev->irq_index != VFIO_PCI_NUM_IRQS)
		return -EINVAL;

	if (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		if (!enabled) {
			ret = vfio_pci_msi_enable(vdev, set->index,
						  set->start + set->count);
			if (ret)
				return ret;
		}

		ret = vfio_pci_msi_set_fds(vdev, set, data);
		if (ret && !enabled)
			vfio_pci_msi_disable(vdev);

		return ret;
	}

	if (!enabled)
		return -EINVAL;

	/* So that user space can try its eventfds. */
	for (i = 0; i < set->count; i++) {
		vector = xa_load(&vdev->vectors, set->start + i);
		if (vector && vfio_pci_irq_set_raises(set, data, i))
			vfio_compat_eventfd_signal(vector->trigger);
	}

	return 0;
}

/**
 * vfio_pci_msi_order() - how many messages the device may send by MSI
 * @vdev: open device
 *
 * Return: the binary logarithm of their number; -1 if MSI is not set up.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_msi_order(struct vfio_pci_device *vdev)
{
	int order = -1;

	mutex_lock(&vdev->irqs_lock);
	if (vdev->irq_index == VFIO_PCI_MSI_IRQ_INDEX)
		order = order_base_2(vdev->irq_vectors);
	mutex_unlock(&vdev->irqs_lock);

	return order;
}

/**
 * vfio_pci_msi_release() - take down whatever is set up
 * @vdev: device that is being closed, awake
 *
 * Context: irqs_lock held; may sleep as long as a reset takes.
 */
void vfio_pci_msi_release(struct vfio_pci_device *vdev)
{
	if (vdev->irq_index == VFIO_PCI_MSI_IRQ_INDEX ||
	    vdev->irq_index == VFIO_PCI_MSIX_IRQ_INDEX)
		vfio_pci_msi_disable(vdev);
}
