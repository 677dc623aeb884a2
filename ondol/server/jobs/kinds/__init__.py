"""What a job can be; the first of those that wait is begun first."""

from ondol.registry import Entry

KINDS = {
    "add": Entry("add:run_add", about="Files are read into a collection."),
    "pull": Entry("pull:run_pull", about="A model is fetched."),
    "evaluate": Entry("evaluate:run_evaluate", about="Ways to answer are compared."),
    "finetune": Entry("finetune:run_finetune", about="A model is taught."),
}
"""`(request, *, settings, progress, job) -> the job's result`; the same call goes on where it was cut off."""
