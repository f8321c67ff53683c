export const schemaNames: string[]
export function breakingChanges(before: string, after: string): Promise<string[]>
