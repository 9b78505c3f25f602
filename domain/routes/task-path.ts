import { TaskId } from '@audiocloud/api';
import { Type } from 'typebox';

/** The parameters of a path below one task. */
export const TaskPath = Type.Object({ id: TaskId });

/** Headers of a change that may depend on a revision. */
export const RevisionHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'ETag that the task must still have, e.g. "3"; otherwise REVISION_CONFLICT',
    }),
  ),
});

/** How the revision goes with values that are set live; said in the document for clients. */
export const REVISION_RULE =
  'The revision (and ETag) counts changes of the graph: creation, replacement, edits. Values set by ' +
  'PATCH parameters or live do not raise it; the last one wins. Neither does the transport.';
