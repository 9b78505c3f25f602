import { ReservationId } from '@audiocloud/api';
import { Type } from 'typebox';

/** The parameters of the path of one reservation. */
export const ReservationPath = Type.Object({ reservation: ReservationId });

/** Headers of a change that may depend on a revision. */
export const ReservationHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'ETag that the reservation must still have, e.g. "3"; otherwise REVISION_CONFLICT',
    }),
  ),
});
