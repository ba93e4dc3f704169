// SPDX-License-Identifier: GPL-2.0
/*
 * Functions that bear the names of Linux's SEAMCALL wrappers and of KVM's teardown, for a test of
 * shutdown.sh in a virtual machine: each spins for a known time and returns a known status.
 *
 *   echo "PATH PAGES VCPUS" > /proc/tdx_teardown   runs a teardown: dynamic or terminate
 *   echo "life 0 0" > /proc/tdx_teardown           runs the whole life of a TD; "life 1 0" with a lie
 *   echo "many CALLS 0" > /proc/tdx_teardown       calls a function that does nothing, many times
 *   cat /proc/tdx_teardown                         what each function did: name, calls, nanoseconds
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/uaccess.h>

#define BUSY 0x8000020000000001ULL /* OPERAND_BUSY, RCX */
#define INTERRUPTED 0x8000000300000000ULL
#define NOT_FREE 0xC000030000000001ULL /* PAGE_METADATA_INCORRECT, RCX */

struct tdx_td {
	int unused;
};
struct tdx_vp {
	int unused;
};

static struct done {
	const char *name;
	atomic64_t calls, ns;
} done[32];

static u64 spin(const char *name, unsigned int us, u64 status)
{
	u64 begin = ktime_get_mono_fast_ns();
	struct done *entry = done;

	while (entry->name && strcmp(entry->name, name))
		entry++;
	entry->name = name;
	do {
		cpu_relax();
	} while (ktime_get_mono_fast_ns() - begin < us * 1000ULL);
	atomic64_inc(&entry->calls);
	atomic64_add(ktime_get_mono_fast_ns() - begin, &entry->ns);
	return status;
}

/* As if from another file, as Linux's wrappers are: neither inlined nor cloned. */
#define WRAPPER(name, us, status, ...)            \
	u64 name(__VA_ARGS__);                    \
	__attribute__((noipa)) u64 name(__VA_ARGS__) \
	{                                         \
		return spin(#name, us, status);   \
	}                                         \
	EXPORT_SYMBOL_GPL(name)

/* The last page but one is busy at first: a status that Linux answers by a retry. */
static bool busy, refused;
static int interruptions;

WRAPPER(tdh_mem_range_block, 500, busy ? BUSY : 0, struct tdx_td *td, u64 gpa, int level, u64 *e1,
	u64 *e2);
WRAPPER(tdh_mem_track, 300, 0, struct tdx_td *td);
WRAPPER(tdh_mem_page_remove, 1000, 0, struct tdx_td *td, u64 gpa, u64 level, u64 *e1, u64 *e2);
WRAPPER(tdh_phymem_page_wbinvd_hkid, 750, 0, u64 hkid, struct page *page);
WRAPPER(tdh_vp_flush, 1500, 0, struct tdx_vp *vp);
WRAPPER(tdh_mng_vpflushdone, 500, 0, struct tdx_td *td);
WRAPPER(tdh_phymem_cache_wb, 10000, interruptions-- > 0 ? INTERRUPTED : 0, bool resume);
WRAPPER(tdh_mng_key_freeid, 500, 0, struct tdx_td *td);
WRAPPER(tdh_phymem_page_reclaim, 600, refused ? NOT_FREE : 0, struct page *page, u64 *type,
	u64 *owner, u64 *size);
WRAPPER(tdh_phymem_page_wbinvd_tdr, 750, 0, struct tdx_td *td);

WRAPPER(tdh_mng_create, 10, 0, struct tdx_td *td, u16 hkid);
WRAPPER(tdh_mng_key_config, 10, 0, struct tdx_td *td);
WRAPPER(tdh_mng_addcx, 10, 0, struct tdx_td *td, struct page *page);
WRAPPER(tdh_mng_init, 10, 0, struct tdx_td *td, u64 params, u64 *error);
WRAPPER(tdh_vp_create, 10, 0, struct tdx_td *td, struct tdx_vp *vp);
WRAPPER(tdh_vp_addcx, 10, 0, struct tdx_vp *vp, struct page *page);
WRAPPER(tdh_vp_init, 10, 0, struct tdx_vp *vp, u64 rcx, u32 apicid);
WRAPPER(tdh_mem_sept_add, 10, 0, struct tdx_td *td, u64 gpa, int level, struct page *page, u64 *e1,
	u64 *e2);
WRAPPER(tdh_mem_page_add, 10, 0, struct tdx_td *td, u64 gpa, struct page *page,
	struct page *source, u64 *e1, u64 *e2);
WRAPPER(tdh_mem_page_aug, 10, 0, struct tdx_td *td, u64 gpa, int level, struct page *page, u64 *e1,
	u64 *e2);
WRAPPER(tdh_mr_finalize, 10, 0, struct tdx_td *td);

noinline void tdx_quirk_reset_page(struct page *page);
noinline void tdx_quirk_reset_page(struct page *page)
{
	spin("tdx_quirk_reset_page", 1250, 0);
}

__attribute__((noipa)) void tdx_pamt_put(struct page *page);
__attribute__((noipa)) void tdx_pamt_put(struct page *page)
{
}

/* The module's time is that of all calls: what tracing adds to each is what they take longer. */
static void many(int calls)
{
	u64 begin = ktime_get_mono_fast_ns();
	int i;

	for (i = 0; i < calls; i++) {
		tdx_pamt_put(NULL);
		if (i % 1024 == 0)
			cond_resched();
	}
	done->name = "tdx_pamt_put";
	atomic64_set(&done->calls, calls);
	atomic64_set(&done->ns, ktime_get_mono_fast_ns() - begin);
}

static void write_back(void *unused)
{
	bool resume = false;

	while (tdh_phymem_cache_wb(resume))
		resume = true;
}

noinline void tdx_mmu_release_hkid(struct tdx_td *td, int vcpus);
noinline void tdx_mmu_release_hkid(struct tdx_td *td, int vcpus)
{
	while (vcpus--)
		tdh_vp_flush(NULL);
	tdh_mng_vpflushdone(td);
	interruptions = 2;
	/* One package, as an interrupt on another CPU where there is one. */
	smp_call_function_single(num_online_cpus() - 1, write_back, NULL, true);
	tdh_mng_key_freeid(td);
}

static void reclaim(u64 frame)
{
	u64 type, owner, size;

	if (!tdh_phymem_page_reclaim((struct page *)(frame * 64), &type, &owner, &size))
		tdx_quirk_reset_page(NULL);
}

noinline void tdx_vcpu_free(struct tdx_td *td, int pages);
noinline void tdx_vcpu_free(struct tdx_td *td, int pages)
{
	while (pages--)
		reclaim(pages);
}

noinline void tdx_sept_free_private_spt(struct tdx_td *td);
noinline void tdx_sept_free_private_spt(struct tdx_td *td)
{
	reclaim(0);
}

noinline void tdx_vm_destroy(struct tdx_td *td);
noinline void tdx_vm_destroy(struct tdx_td *td)
{
	reclaim(0);
	tdh_phymem_page_wbinvd_tdr(td);
}

static void remove_page(struct tdx_td *td, u64 gpa)
{
	u64 e1, e2;

	while (tdh_mem_range_block(td, gpa, 0, &e1, &e2))
		busy = false;
	tdh_mem_track(td);
	tdh_mem_page_remove(td, gpa, 0, &e1, &e2);
	tdh_phymem_page_wbinvd_hkid(33, NULL);
	tdx_quirk_reset_page(NULL);
	cond_resched();
}

static int teardown(const char *path, int pages, int vcpus)
{
	struct tdx_td td;
	bool dynamic = !strcmp(path, "dynamic");
	int i;

	if (!dynamic && strcmp(path, "terminate"))
		return -EINVAL;
	for (i = 0; dynamic && i < pages; i++) {
		busy = i == pages - 2;
		remove_page(&td, i * 4096ULL);
	}
	tdx_mmu_release_hkid(&td, vcpus);
	for (i = 0; !dynamic && i < pages; i++) {
		refused = i == pages - 2;
		reclaim(i);
	}
	refused = false;
	while (vcpus--)
		tdx_vcpu_free(&td, 6);
	tdx_sept_free_private_spt(&td);
	/* What no probed function accounts for. */
	mdelay(20);
	tdx_vm_destroy(&td);
	return 0;
}

/*
 * A TD's whole life, with the statuses that the TDX module gives: one vCPU, three pages, of which one
 * is added and two are augmented. With a lie, the last reclaim says what the module would not.
 */
static void life(bool lie)
{
	static struct page pages[64];
	struct page *page = pages;
	struct tdx_td td;
	struct tdx_vp vp;
	u64 e1, e2;
	int i;

	tdh_mng_create(&td, 33);
	tdh_mng_key_config(&td);
	for (i = 0; i < 6; i++)
		tdh_mng_addcx(&td, page++);
	tdh_mng_init(&td, 0, &e1);
	tdh_vp_create(&td, &vp);
	for (i = 0; i < 5; i++)
		tdh_vp_addcx(&vp, page++);
	tdh_vp_init(&vp, 0, 0);
	for (i = 3; i > 0; i--)
		tdh_mem_sept_add(&td, 0, i, page++, &e1, &e2);
	tdh_mem_page_add(&td, 0, page++, NULL, &e1, &e2);
	tdh_mr_finalize(&td);
	for (i = 1; i < 3; i++)
		tdh_mem_page_aug(&td, i * 4096ULL, 0, page++, &e1, &e2);

	for (i = 0; i < 3; i++) {
		busy = i == 1;
		while (tdh_mem_range_block(&td, i * 4096ULL, 0, &e1, &e2))
			busy = false;
		tdh_mem_track(&td);
		tdh_mem_page_remove(&td, i * 4096ULL, 0, &e1, &e2);
		tdh_phymem_page_wbinvd_hkid(33, pages + 14 + i);
	}
	tdh_vp_flush(&vp);
	tdh_mng_vpflushdone(&td);
	interruptions = 2;
	write_back(NULL);
	tdh_mng_key_freeid(&td);
	/* The vCPU: its five pages, then the TDVPR; the Secure EPT; the TDCS; the TDR. */
	for (i = 6; i < 11; i++)
		tdh_phymem_page_reclaim(pages + i, &e1, &e2, &e1);
	tdh_phymem_page_reclaim(pages + 40, &e1, &e2, &e1);
	for (i = 11; i < 14; i++)
		tdh_phymem_page_reclaim(pages + i, &e1, &e2, &e1);
	for (i = 0; i < 6; i++) {
		refused = lie && i == 5;
		tdh_phymem_page_reclaim(pages + i, &e1, &e2, &e1);
	}
	refused = false;
	tdh_phymem_page_reclaim(pages + 41, &e1, &e2, &e1);
	tdh_phymem_page_wbinvd_tdr(&td);
}

static ssize_t begin(struct file *file, const char __user *from, size_t length, loff_t *at)
{
	char text[64] = {}, path[16];
	int pages, vcpus, error;

	if (length >= sizeof(text) || copy_from_user(text, from, length))
		return -EINVAL;
	if (sscanf(text, "%15s %d %d", path, &pages, &vcpus) != 3)
		return -EINVAL;
	memset(done, 0, sizeof(done));
	if (!strcmp(path, "life")) {
		life(pages);
		return length;
	}
	if (!strcmp(path, "many")) {
		many(pages);
		return length;
	}
	error = teardown(path, pages, vcpus);
	return error ? error : length;
}

static int show(struct seq_file *file, void *unused)
{
	struct done *entry;

	for (entry = done; entry->name; entry++)
		seq_printf(file, "%s %lld %lld\n", entry->name, atomic64_read(&entry->calls),
			   atomic64_read(&entry->ns));
	return 0;
}

static int opened(struct inode *inode, struct file *file)
{
	return single_open(file, show, NULL);
}

static const struct proc_ops operations = {
	.proc_open = opened,
	.proc_read = seq_read,
	.proc_write = begin,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static int __init load(void)
{
	return proc_create("tdx_teardown", 0600, NULL, &operations) ? 0 : -ENOMEM;
}

static void __exit unload(void)
{
	remove_proc_entry("tdx_teardown", NULL);
}

module_init(load);
module_exit(unload);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A TD teardown that only spins");
