import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** `fresh`: one that is chosen now, which password managers may offer to make. */
export function PasswordField({ fresh = false, ...props }: PasswordInputProps & { fresh?: boolean }) {
  const { t } = useTranslation('session')
  return <PasswordInput autoComplete={fresh ? 'new-password' : 'current-password'} visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }} {...props} />
}
