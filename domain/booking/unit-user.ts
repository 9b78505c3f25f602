/** Who uses a unit. Without a task it is an administrator, who acts for an application and may also work in maintenance. */
export interface UnitUser {
  application: string;
  task?: string;
}
