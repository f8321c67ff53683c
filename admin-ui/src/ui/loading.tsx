import { Group, Skeleton, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'

const ROWS = ['a', 'b', 'c', 'd', 'e', 'f']

/** The outline of a table while its first rows come. */
export function LoadingRows({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation()
  return (
    <Stack gap={14} p="md" role="status" aria-label={t('state.loading')}>
      {ROWS.slice(0, rows).map((row, index) => (
        <Group key={row} gap="lg" wrap="nowrap">
          <Skeleton h={12} w={`${34 - (index % 3) * 6}%`} radius="sm" />
          <Skeleton h={12} w="14%" radius="sm" />
          <Skeleton h={12} w={`${22 - (index % 2) * 5}%`} radius="sm" />
          <Skeleton h={12} w="10%" radius="sm" />
        </Group>
      ))}
    </Stack>
  )
}

/** The outline of a screen while its code comes. */
export function LoadingPage() {
  return (
    <Stack gap="xl" p="xl">
      <Skeleton h={22} w={180} radius="sm" />
      <LoadingRows />
    </Stack>
  )
}
