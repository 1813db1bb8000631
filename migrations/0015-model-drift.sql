-- Judging a version reads its predictions by moment.
create index predictions_by_moment on predictions (workspace_id, model, as_of);
